"""How do other tools name what shoppers do? GA4, Segment and OpenSearch UBI, read as Tresen does (docs/events.md)."""
