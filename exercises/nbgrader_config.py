# nbgrader's settings for this course. `python -m companion.build` reads them; so does `nbgrader formgrader`.
c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "three-paths"
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("write this function")'}
c.Execute.timeout = 60  # seconds a cell
c.Execute.kernel_name = "python3"
c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=40"]
