"""What stands in deploy/ and docker/ is held against the code: commands, ports, probes, metrics."""

import ast
import configparser
import fnmatch
import json
import re
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from triage.cli import app as cli
from triage.cli import health as cli_health
from triage.settings import Settings, check
from triage.watch import alarm_words

ROOT = Path(__file__).resolve().parents[2]
K8S = sorted((ROOT / "deploy/k8s").glob("*.yaml"))
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
DOCUMENTS = [one for file in K8S for one in yaml.safe_load_all(file.read_text("utf-8"))]
PODS = {
    one["metadata"]["name"]: one["spec"]["template"]
    for one in DOCUMENTS
    if one["kind"] in {"Deployment", "Job"}
}
COMPOSE = yaml.safe_load((ROOT / "docker/compose.yaml").read_text("utf-8"))
METRIC = re.compile(r"\bpostlotse_[a-z_]+")
FOREIGN = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes",
           "node_systemd_unit_state"}  # fmt: skip


def name(path: Path) -> str:
    return path.name


def commands() -> set[str]:
    made = typer.main.get_command(cli.app)
    return set(made.commands)  # type: ignore[attr-defined]


def of_kind(kind: str) -> list[dict]:
    return [one for one in DOCUMENTS if one["kind"] == kind]


def configuration(file: str) -> Settings:
    (found,) = of_kind("ConfigMap")
    return check(tomllib.loads(found["data"][file]), base=Path("/etc/postlotse"))


def container(pod: dict) -> dict:
    (found,) = pod["spec"]["containers"]
    return found


def test_all_jobs_of_the_house_are_there():
    assert set(PODS) == {
        "postlotse-api", "postlotse-worker", "postlotse-door", "postlotse-migrate-0-1-0",
    }  # fmt: skip
    replicas = {one["metadata"]["name"]: one["spec"]["replicas"] for one in of_kind("Deployment")}
    assert set(replicas.values()) == {2}


@pytest.mark.parametrize("pod", PODS)
def test_a_pod_is_no_root_writes_nowhere_but_where_it_must_and_runs_a_command_that_exists(pod):
    spec, one = PODS[pod]["spec"], container(PODS[pod])
    assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (
        True,
        10001,
    )
    assert spec["automountServiceAccountToken"] is False
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert one["args"][0] in commands()
    mounted = {mount["name"] for mount in one["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["volumes"]}
    assert one["resources"]["limits"]["memory"]


def test_probes_ask_addresses_ports_and_commands_that_exist():
    routes = {
        f"/health{path}"
        for path in re.findall(r'"(/(?:live|ready))"', (ROOT / "api/health.py").read_text("utf-8"))
    }
    asked = [
        (pod, kind, probe)
        for pod, template in PODS.items()
        for kind, probe in container(template).items()
        if kind.endswith("Probe")
    ]
    assert {kind for _, kind, _ in asked} == {"startupProbe", "livenessProbe", "readinessProbe"}
    for pod, kind, probe in asked:
        ports = {port["name"] for port in container(PODS[pod]).get("ports", ())}
        if "httpGet" in probe:
            assert probe["httpGet"]["path"] in routes
            assert probe["httpGet"]["port"] in ports
            assert kind == "readinessProbe" or probe["httpGet"]["path"] == "/health/live"
        elif "tcpSocket" in probe:
            assert probe["tcpSocket"]["port"] in ports
        else:
            assert probe["exec"]["command"][0] == "postlotse"
            assert probe["exec"]["command"][1] in commands()


def test_ports_are_those_of_the_configuration_and_services_lead_to_them():
    ports = {
        template["metadata"]["labels"]["app.kubernetes.io/component"]: port["containerPort"]
        for template in PODS.values()
        for port in container(template).get("ports", ())
    }
    door = configuration("door.toml").door
    assert door is not None
    assert ports == {"api": configuration("postlotse.toml").desk.port, "door": door.port}
    for service in of_kind("Service"):
        component = service["spec"]["selector"]["app.kubernetes.io/component"]
        (port,) = service["spec"]["ports"]
        (target,) = container(PODS[f"postlotse-{component}"])["ports"]
        assert port["targetPort"] == target["name"]
    allowed = {
        policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"]: port["port"]
        for policy in of_kind("NetworkPolicy")
        for rule in policy["spec"].get("ingress", ())
        for port in rule["ports"]
    }
    assert allowed == ports


def test_nothing_may_come_or_go_but_what_a_policy_names():
    (closed,) = [
        one for one in of_kind("NetworkPolicy") if one["metadata"]["name"] == "postlotse-closed"
    ]
    assert closed["spec"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "postlotse"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    for template in PODS.values():
        assert template["metadata"]["labels"]["app.kubernetes.io/name"] == "postlotse"


def test_each_deployment_has_a_disruption_budget_for_its_own_pods():
    budgets = {
        one["metadata"]["name"]: one["spec"]["selector"]["matchLabels"]
        for one in of_kind("PodDisruptionBudget")
    }
    wanted = {
        one["metadata"]["name"]: one["spec"]["selector"]["matchLabels"]
        for one in of_kind("Deployment")
    }
    assert budgets == wanted
    for one in of_kind("Deployment"):
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert one["spec"]["selector"]["matchLabels"].items() <= labels.items()


def secrets_asked(settings: Settings) -> set[str]:
    asked = {box.password_env for box in settings.postboxes if hasattr(box, "password_env")}
    asked |= {settings.replies.password_env, settings.desk.session_secret_env, "PGPASSWORD"}
    if settings.oidc:
        asked |= {settings.oidc.client_secret_env, settings.oidc.pseudonym_key_env}
    return asked - {""}


def test_the_secret_names_what_the_configuration_asks_for_and_has_no_value():
    (secret,) = of_kind("Secret")
    assert set(secret["stringData"]) == secrets_asked(configuration("postlotse.toml"))
    assert secrets_asked(configuration("door.toml")) <= set(secret["stringData"])
    assert set(secret["stringData"].values()) == {""}


def test_the_doors_of_the_configuration_are_not_the_demos():
    assert not configuration("postlotse.toml").desk.demo
    assert configuration("postlotse.toml").oidc is not None


def unit(path: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(path.read_text("utf-8"))
    return found


@pytest.mark.parametrize("path", UNITS, ids=name)
def test_a_unit_runs_a_command_that_exists_as_nobody_special(path):
    service = unit(path)["Service"]
    program, command, *_ = service["ExecStart"].split()
    assert program == "/opt/postlotse/bin/postlotse"
    assert command in commands()
    hardened = {
        "User": "postlotse", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
        "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "PrivateDevices": "yes",
        "RestrictNamespaces": "yes", "SystemCallArchitectures": "native",
        # Refused, not killed: tests/triage/test_triage_units.py tries one unit for all.
        "SystemCallFilter": "~@privileged @resources", "SystemCallErrorNumber": "EPERM",
    }  # fmt: skip
    assert {key: service.get(key) for key in hardened} == hardened


def test_long_running_units_come_back_and_start_after_the_migration():
    for path in UNITS:
        found = unit(path)
        if found["Service"]["Type"] == "exec":
            assert found["Service"]["Restart"] == "always"
            assert found["Unit"]["Requires"] == "postlotse-migrate.service"


def docker_lines(word: str) -> list[str]:
    text = re.sub(r"\\\n", " ", (ROOT / "docker/Dockerfile").read_text("utf-8"))
    return re.findall(rf"^{word} (.+)$", text, re.MULTILINE)


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets that file of the repository into the build."""
    sent = False
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        keeps, pattern = line.startswith("!"), line.removeprefix("!").rstrip("/")
        if fnmatch.fnmatch(path, pattern) or path.startswith(f"{pattern}/") or pattern == "*":
            sent = keeps
    return sent


def test_the_image_is_built_from_files_that_are_sent_to_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [*wheel["force-include"], *project["project"]["license-files"], "pyproject.toml"]
    needed += [f"{room}/__init__.py" for room in wheel["packages"] if (ROOT / room).is_dir()]
    copied = [line.split()[0] for line in docker_lines("COPY") if "--from" not in line]
    needed += [file for file in copied if file != "."]
    needed.append(project["project"]["readme"])
    assert [file for file in needed if not is_sent(file)] == []
    assert [file for file in needed if not (ROOT / file).exists() and "__init__" not in file] == []
    assert not is_sent("tests/conftest.py")
    assert not is_sent(".git/config")


def test_the_image_runs_commands_that_exist_as_no_root_and_its_folders_are_those_configured():
    (entry,) = docker_lines("ENTRYPOINT")
    (command,) = docker_lines("CMD")
    assert json.loads(entry) == ["postlotse"]
    assert json.loads(command)[0] in commands()
    assert docker_lines("USER") == ["10001:10001"]
    found = check(tomllib.loads((ROOT / "docker/postlotse.toml").read_text()), base=Path("/"))
    made = " ".join(docker_lines("RUN"))
    for folder in (found.eakte.drop, found.replies.sent_root):
        assert str(folder) in made
    assert str(found.desk.port) == docker_lines("EXPOSE")[0]
    train = re.findall(r"/postlotse (\w+) corpus", made)
    assert set(train) <= commands()


def test_compose_runs_commands_that_exist_read_only_and_mounts_what_the_image_has():
    services = {key: one for key, one in COMPOSE["services"].items() if key != "db"}
    assert set(services) == {"migrate", "api", "worker"}
    for one in services.values():
        assert one["command"][0] in commands()
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        probe = one.get("healthcheck", {}).get("test", [])
        assert not probe or probe[2] in commands()
    volumes = {v.split(":")[0] for v in services["api"]["volumes"] if not v.startswith(".")}
    assert volumes <= set(COMPOSE["volumes"])


DEMO = yaml.safe_load((ROOT / "docker/compose.demo.yaml").read_text("utf-8"))["services"]


def demo_settings() -> Settings:
    text = (ROOT / "docker/demo/postlotse.toml").read_text("utf-8")
    return check(tomllib.loads(text), base=Path("/etc/postlotse"))


def test_the_demo_in_containers_has_all_of_a_house_and_writes_nowhere_but_in_its_volumes():
    assert set(DEMO) == {
        "db", "dovecot", "migrate", "mails", "worker", "eakte", "api",
    }  # fmt: skip
    for key, one in DEMO.items():
        if key == "db":
            continue
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
        if "entrypoint" not in one and key != "dovecot":
            assert one["command"][0] in commands()
    assert DEMO["worker"]["deploy"] == COMPOSE["services"]["worker"]["deploy"] == {"replicas": 2}
    for one in DEMO.values():
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ()))


def test_the_demos_parts_fit_together():
    found = demo_settings()
    assert found.desk.demo, "and so on loopback only, or it would not load"
    assert DEMO["api"]["network_mode"] == "host"
    conf = (ROOT / "docker/demo/dovecot.conf").read_text("utf-8")
    script = (ROOT / "docker/demo/start.sh").read_text("utf-8")
    (regions,) = re.findall(r"for region in (.+); do", script)
    assert [box.user for box in found.postboxes] == [f"sc-{one}" for one in regions.split()]
    for box in found.postboxes:
        assert box.host in DEMO
        assert f"port = {box.port}" in conf
        assert DEMO["dovecot"]["ports"] == [f"127.0.0.1:{box.port}:{box.port}"]
        assert box.password_env in DEMO["worker"]["environment"]
    (published,) = DEMO["db"]["ports"]
    assert published.split(":")[1] == DEMO["api"]["environment"]["PGPORT"]


def test_the_demos_dovecot_is_built_from_files_that_are_there():
    text = (ROOT / "docker/demo/Dockerfile").read_text("utf-8")
    copied = re.findall(r"^COPY (\S+) ", text, re.MULTILINE)
    assert copied
    assert all((ROOT / "docker/demo" / file).is_file() for file in copied)
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10002:10002"]


def declared_metrics() -> set[str]:
    kinds = {"Counter": ["_total"], "Gauge": [""], "Histogram": ["_bucket", "_sum", "_count"]}
    return {
        f"{node.args[0].value}{end}"
        for node in ast.walk(ast.parse((ROOT / "api/metrics.py").read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds and node.args
        if isinstance(node.args[0], ast.Constant)
        for end in kinds[node.func.id]
    }


def expressions() -> dict[str, list[str]]:
    rules = yaml.safe_load((ROOT / "deploy/monitoring/alerts.yaml").read_text("utf-8"))
    board = json.loads((ROOT / "deploy/monitoring/grafana.json").read_text("utf-8"))
    return {
        "alerts": [rule["expr"] for group in rules["groups"] for rule in group["rules"]],
        "board": [target["expr"] for panel in board["panels"] for target in panel["targets"]],
    }


@pytest.mark.parametrize("where", ["alerts", "board"])
def test_rules_and_board_ask_only_for_metrics_that_exist(where):
    asked = {found for expr in expressions()[where] for found in METRIC.findall(expr)}
    assert asked - {"postlotse_"} <= declared_metrics()
    others = {
        found
        for expr in expressions()[where]
        for found in re.findall(r"\b(up|node_\w+)\b", re.sub(r"\"[^\"]*\"", "", expr))
    }
    assert others <= FOREIGN


def test_the_board_shows_every_metric_of_the_house():
    shown = {found for expr in expressions()["board"] for found in METRIC.findall(expr)}
    without = {one for one in declared_metrics() if one.endswith(("_sum", "_count"))}
    assert declared_metrics() - without == shown


METRIC_OF_ALARM = {
    "fresh:": "postlotse_oldest_unsorted_seconds",
    "outgoing:dead": "postlotse_outgoing_dead",
    "eakte:receipts": "postlotse_receipts_overdue",
    "task:receipts": "postlotse_task_receipts_overdue",
    "rule:": "postlotse_rules_off",
    "items:wandering:": "postlotse_items_wandering",
    "leases:stuck": "postlotse_leases_stuck",
    "keys:ending": "postlotse_keys_ending",
    "writing:stopped": "postlotse_writing_stopped",
}
"""What stands as an alarm can be watched from outside, too, also while no worker runs."""


def test_there_is_a_rule_for_everything_that_is_an_alarm():
    assert METRIC_OF_ALARM.keys() == alarm_words.WORDS.keys()
    rules = " ".join(expressions()["alerts"])
    for metric in (
        *METRIC_OF_ALARM.values(), "postlotse_trail_unsealed", "node_filesystem_avail_bytes",
        "postlotse-doctor.service",
    ):  # fmt: skip
        assert metric in rules


def test_the_probe_of_workers_loads_no_model():
    tree = ast.parse(Path(cli_health.__file__).read_text("utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules.isdisjoint({"triage.wiring", "triage.house", "classify"})
