"""The tools that the Makefile calls decide rightly."""

from pathlib import Path

import pytest

from tools import check_addresses, check_coverage, check_size, run_uv


def function_of(lines: int) -> str:
    return "def f():\n" + "    pass\n" * (lines - 1)


class TestSize:
    def test_a_function_and_a_file_at_the_limit_pass(self) -> None:
        source = function_of(check_size.FUNCTION_LINES)
        filler = "\n" * (check_size.FILE_LINES - check_size.FUNCTION_LINES)
        assert list(check_size.complaints(Path("a.py"), source + filler)) == []

    def test_one_line_more_is_named_with_its_place(self) -> None:
        [line] = check_size.complaints(Path("a.py"), "\n" + function_of(check_size.FUNCTION_LINES + 1))
        assert line.startswith("a.py:2: f: 51 lines")

    def test_a_method_counts_and_its_decorators_do_not(self) -> None:
        source = "class A:\n    @property\n    async def f(self):\n        pass\n"
        [function] = check_size.functions(Path("a.py"), source)
        assert (function.name, function.line, function.length) == ("f", 3, 2)

    @pytest.mark.parametrize("name", ["a.py", "a.ts"])
    def test_a_long_file_is_named(self, name: str) -> None:
        [line] = check_size.complaints(Path(name), "\n" * (check_size.FILE_LINES + 1))
        assert line.startswith(f"{name}: 401 lines")

    def test_what_others_wrote_or_a_build_made_is_left_alone(self, tmp_path: Path) -> None:
        for name in ("node_modules/a.ts", "dist/b.ts", "src/c.ts", "src/d.css"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        assert [path.name for path in check_size.source_files([tmp_path])] == ["c.ts"]

    def test_the_status_says_whether_a_limit_is_broken(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "a.py"
        path.write_text(function_of(3) + function_of(5))
        assert check_size.main([str(tmp_path)]) == 0
        assert "1 files, 2 functions: median 4 lines" in capsys.readouterr().out
        path.write_text(function_of(60))
        assert check_size.main([str(tmp_path)]) == 1


class TestCoverage:
    @staticmethod
    def entry(lines: int, branches: int) -> dict[str, dict[str, int]]:
        numbers = {"covered_lines": lines, "num_statements": 100, "covered_branches": branches, "num_branches": 20}
        return {"summary": numbers}

    def test_the_files_of_a_package_are_added_up(self) -> None:
        files = {
            "src/atrium/kernel/a.py": self.entry(100, 20),
            "src/atrium/kernel/deep/b.py": self.entry(90, 10),
            "src/atrium/kernels.py": self.entry(0, 0),
        }
        coverage = check_coverage.package_coverage({"files": files}, "atrium.kernel")
        assert coverage == check_coverage.Coverage(190, 200, 30, 40)
        assert coverage.branch_percent == 75.0
        assert coverage.percent == pytest.approx(91.7, abs=0.1)

    def test_a_package_that_does_not_exist_yet_is_passed_over(self) -> None:
        assert check_coverage.package_coverage({"files": {}}, "atrium.kernel") is None

    @pytest.mark.parametrize(("branches", "status"), [(18, 0), (17, 1)])
    def test_branches_below_the_floor_fail(self, tmp_path: Path, branches: int, status: int) -> None:
        report = tmp_path / "coverage.json"
        text = str({"files": {"src/atrium/sync/a.py": self.entry(100, branches)}}).replace("'", '"')
        report.write_text(text)
        assert check_coverage.main([str(report)]) == status


class TestAddresses:
    @pytest.mark.parametrize(
        "text",
        [
            "see https://" + "pypi" + ".org/project/atrium-hub",
            '"resolved": ' + '"https://registry.example/a.tgz"',
            "--index-url" + " https://mirror.example/simple",
            "cd /" + "work/main",
        ],
    )
    def test_what_holds_on_one_machine_only_is_found(self, text: str) -> None:
        assert len(list(check_addresses.complaints("a.md", "fine\n" + text))) == 1

    @pytest.mark.parametrize("text", ["~/work/a", "https://keepachangelog.com", "./root/a", "pip config list"])
    def test_what_holds_everywhere_is_not(self, text: str) -> None:
        assert list(check_addresses.complaints("a.md", text)) == []

    def test_binary_files_are_passed_over(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(b"\x89PNG\0pypi" + b".org")
        assert check_addresses.text_of(path) == ""


class TestUv:
    def test_pip_settings_are_read_with_the_nearest_winning(self) -> None:
        listing = ":env:.timeout='9'\nglobal.timeout='1'\nglobal.cert='/c.pem'\ninstall.timeout='5'\nnoise"
        assert run_uv.parse_pip_config(listing) == {"timeout": "9", "cert": "/c.pem"}

    def test_uv_follows_the_index_of_pip(self) -> None:
        pip = {"index-url": "https://a.example/simple", "extra-index-url": "https://b.example/s\nhttps://c.example/s"}
        environment = run_uv.uv_environment(pip, {})
        assert environment["UV_DEFAULT_INDEX"] == "https://a.example/simple"
        assert environment["UV_INDEX"] == "https://b.example/s https://c.example/s"

    @pytest.mark.parametrize("variable", run_uv.INDEX_VARIABLES)
    def test_an_index_that_uv_was_given_wins(self, variable: str) -> None:
        environment = run_uv.uv_environment({"index-url": "https://a.example"}, {variable: "https://own.example"})
        assert not set(run_uv.INDEX_VARIABLES) & set(environment)

    def test_certificates_hosts_and_folders_are_handed_on(self, tmp_path: Path) -> None:
        pip = {"cert": "/c.pem", "trusted-host": "a b", "find-links": f"{tmp_path} /gone", "default-timeout": "180"}
        environment = run_uv.uv_environment(pip, {"SSL_CERT_FILE": "/own.pem"})
        assert "SSL_CERT_FILE" not in environment
        assert environment["UV_INSECURE_HOST"] == "a b"
        assert environment["UV_FIND_LINKS"] == str(tmp_path)
        assert environment["UV_HTTP_TIMEOUT"] == "180"

    def test_no_index_stays_no_index(self) -> None:
        environment = run_uv.uv_environment({"no-index": "true", "index-url": "https://a.example"}, {})
        assert environment["UV_NO_INDEX"] == "1"
        assert "UV_DEFAULT_INDEX" not in environment

    def test_a_folder_that_is_gone_is_no_index(self, tmp_path: Path) -> None:
        environment = run_uv.uv_environment({"extra-index-url": f"file://{tmp_path} file:///gone/simple"}, {})
        assert environment["UV_INDEX"] == f"file://{tmp_path}"
