"""A server's searches share the cores; none of them takes all."""

from threadpoolctl import threadpool_info, threadpool_limits


def test_a_server_leaves_one_thread_to_each_search(open_shop):
    with threadpool_limits(2, user_api="blas"):
        open_shop()
        assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}
