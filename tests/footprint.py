#!/usr/bin/env python3
"""Replays recorded ksqlDB scenarios against Weir on a Kafka broker and compares what is left in Kafka.

Each scenario of FOLDER (one JSON file, see NOTES.md beside them) is run on an emptied broker by a server with an empty
data folder: its topics are made, its statements sent, its records produced. Then the broker is read and compared with
the recording: sink and source records by partition (key, value, timestamp, headers, order), settings and partition
counts of topics, internal topics, consumer groups with their offsets, and the command topic. Only sinks and topics
decide the exit code: the rest is counted and listed (--verbose).

ALL TOPICS AND GROUPS OF THE BROKER ARE DELETED before each scenario: give it one of its own, or none; then one is
started with the --kafka-script.

Statements that need a join, a schema registry, hopping or session windows or EMIT FINAL are left out, with everything
that follows from them; a scenario of nothing else is out of scope. --all runs them too.

What may differ: numbers in query ids (they count from the command topic's start; their steps must be the same), the
partition of records without key, the clock's time where the recording has the clock's, and the order between keys where
a topic of several partitions was read (between partitions Kafka has no order).
"""
import argparse
import base64
import glob
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict

try:
    from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType
except ImportError:
    sys.exit("footprint.py needs the Python package confluent-kafka (pip install confluent-kafka)")

OUT_OF_SCOPE = re.compile(r"\bJOIN\b|\bHOPPING\b|\bSESSION\b|\bEMIT\s+FINAL\b|'(AVRO|PROTOBUF(_NOSR)?|JSON_SR)'", re.I)
DEFAULT_PROPERTIES = {"auto.offset.reset": "earliest"}
# Recorded timestamps this long after T0 are the clock's: the scenarios' own lie within three hours.
CLOCK_AFTER_MS = 3 * 3_600_000
SETTLE_LIMIT_S = 40
START_LIMIT_S = 60
# Between records that go to several partitions, so that they are read in the order in which they were produced.
PAUSE_S = 0.06
DYNAMIC_TOPIC_CONFIG = 1
METADATA_LETTERS = 12
# As recorded in 00_server_topics.
COMMAND_TOPIC_CONFIGS = {"cleanup.policy": "delete", "min.insync.replicas": "1", "retention.ms": "-1",
                         "unclean.leader.election.enable": "false"}


# ------------------------------------------------------------------------------------------------------- the recording
class Scenario:
    """A recording, without what is out of scope."""

    def __init__(self, path, everything=False):
        with open(path) as f:
            recorded = json.load(f)
        self.name, self.service_id = recorded["name"], recorded.get("serviceId")
        self.t0 = recorded.get("T0", 0)
        self.all_steps = recorded.get("steps", [])
        self.logged = {command["offset"]: command for command in recorded.get("commandTopic", [])}
        self.left_out, self.steps = self.split(everything)
        after = recorded.get("after", {})
        gone = {step_answer(step).get("queryId") for step in self.left_out} - {None}
        gone_topics = {self.sink_topic(step) for step in self.left_out} - {None}
        gone |= {"transient_"}  # push queries are no steps of a recording
        self.topics = {t["name"]: t for t in after.get("topics", [])
                       if t["name"] not in gone_topics and not any(query in t["name"] for query in gone)}
        self.groups = {g["group"]: g for g in after.get("groups", []) if not any(q in g["group"] for q in gone)}
        skipped = {step_answer(step).get("commandSequenceNumber") for step in self.left_out}
        self.commands = [c for offset, c in sorted(self.logged.items()) if offset not in skipped]
        self.queries = [q["queryId"] for q in recorded.get("queries", []) if q["queryId"] not in gone]

    def split(self, everything):
        """The steps that are left out, and the others. What reads a source that is left out is left out."""
        out, kept, gone = [], [], set()
        for step in self.all_steps:
            sql = step.get("sql", "")
            names = {word.upper() for word in re.findall(r"\w+", sql)}
            if not everything and sql and (OUT_OF_SCOPE.search(sql) or (names & gone)):
                created = re.match(r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:SOURCE\s+)?(?:STREAM|TABLE)\s+`?(\w+)", sql, re.I)
                gone |= {created[1].upper()} if created else set()
                out.append(step)
            elif step.get("status", 200) < 500:
                kept.append(step)
        return out, kept

    def sink_topic(self, step):
        command = self.logged.get(step_answer(step).get("commandSequenceNumber"), {})
        plan = command.get("value", {}).get("plan") or {}
        return (plan.get("ddlCommand") or {}).get("topicName") if plan.get("queryPlan") else None

    def in_scope(self):
        """Whether anything of it was kept that leaves more than its own input."""
        statements = [step for step in self.steps if "sql" in step]
        return bool(statements) and (bool(self.queries) or not self.left_out)

    def produced_partition(self, topic, record):
        """Where the recorder's record lies. Equal records lie together."""
        for found in self.topics.get(topic, {}).get("records", []):
            if all(found.get(k) == record.get(k) for k in ("key", "value", "ts")):
                return found["p"]
        return 0

    def is_ordered(self):
        """Whether everything was read from topics of one partition, so that the order between keys is settled."""
        return all(topic["partitions"] == 1 for topic in self.topics.values())

    def commit_s(self):
        given = [int(s["streamsProperties"]["commit.interval.ms"]) for s in self.steps
                 if "commit.interval.ms" in s.get("streamsProperties", {})]
        return max(given, default=2000) / 1000

    def properties(self, step):
        """What the recorder sent: as its step says, else as the command topic has it."""
        logged = self.logged.get(step_answer(step).get("commandSequenceNumber"), {}).get("value", {})
        sent = step.get("streamsProperties") or logged.get("streamsProperties") or DEFAULT_PROPERTIES
        return {name: str(value) for name, value in sent.items()}

    def is_exactly_once(self):
        return any("exactly_once" in str(step.get("streamsProperties", {})) for step in self.steps)


def step_answer(step):
    answer = step.get("answer")
    return answer[0] if isinstance(answer, list) and answer and isinstance(answer[0], dict) else {}


def is_internal(name):
    return name.endswith(("-changelog", "-repartition", "-topic"))


# ---------------------------------------------------------------------------------------------------------- the broker
class Broker:
    """Reads and empties a broker."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        quiet = {"bootstrap.servers": bootstrap, "log_level": 2}
        self.settings = quiet
        self.admin = AdminClient(quiet)
        self.producer = Producer({**quiet, "linger.ms": 0, "enable.idempotence": False, "partitioner": "murmur2_random"})

    def topics(self):
        """Partition counts by name."""
        found = self.admin.list_topics(timeout=20).topics
        return {name: len(t.partitions) for name, t in found.items() if not name.startswith("__")}

    def empty(self):
        groups = [g.group_id for g in self.admin.list_consumer_groups().result().valid]
        for future in (self.admin.delete_consumer_groups(groups) if groups else {}).values():
            ignore_errors(future)
        until = time.time() + 30
        while names := list(self.topics()):
            for future in self.admin.delete_topics(names).values():
                ignore_errors(future)
            if time.time() > until:
                raise RuntimeError(f"these topics cannot be deleted: {names}")
            time.sleep(0.2)

    def create(self, name, partitions, configs):
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=configs)
        self.admin.create_topics([topic])[name].result()
        until = time.time() + 20
        while name not in self.topics() and time.time() < until:
            time.sleep(0.05)

    def produce(self, topic, partition, record, flush=True):
        self.producer.produce(topic, key=unhex(record["key"]), value=unhex(record["value"]), partition=partition,
                              timestamp=record["ts"], headers=[(k, unhex(v)) for k, v in record.get("headers", [])] or None,
                              on_delivery=raise_if_failed)
        if flush:
            self.producer.flush(20)

    def flush(self):
        self.producer.flush(20)

    def ends(self, names_like=lambda name: True):
        """The end of every partition, for telling whether anything moves."""
        reader = self.reader()
        try:
            return {(name, p): reader.get_watermark_offsets(TopicPartition(name, p), timeout=10)[1]
                    for name, count in self.topics().items() if names_like(name) for p in range(count)}
        finally:
            reader.close()

    def reader(self):
        return Consumer({**self.settings, "group.id": "footprint-reader", "enable.auto.commit": False,
                         "isolation.level": "read_committed", "enable.partition.eof": True, "auto.offset.reset": "earliest",
                         "topic.metadata.refresh.interval.ms": 2000})

    def read(self, names):
        """All committed records of these topics by name, in the recording's form."""
        counts = self.topics()
        parts = [TopicPartition(name, p, 0) for name in names for p in range(counts.get(name, 0))]
        records, reader = {name: [] for name in names}, self.reader()
        try:
            for part in parts:
                part.offset = reader.get_watermark_offsets(part, timeout=10)[0]
            reader.assign(parts)
            open_parts, until = {(part.topic, part.partition) for part in parts}, time.time() + 30
            while open_parts:
                if time.time() > until:
                    raise RuntimeError(f"not read to the end: {sorted(open_parts)}")
                message = reader.poll(1)
                if message is None:
                    continue
                if message.error():
                    if message.error().code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(message.error())
                    open_parts.discard((message.topic(), message.partition()))
                    continue
                records[message.topic()].append(recorded_form(message))
        finally:
            reader.close()
        for found in records.values():
            found.sort(key=lambda r: (r["p"], r["o"]))
        return records

    def configs(self, names):
        """The settings that were made on each topic."""
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        answers = self.admin.describe_configs(resources) if resources else {}
        return {r.name: {e.name: e.value for e in future.result().values() if int(e.source) == DYNAMIC_TOPIC_CONFIG}
                for r, future in answers.items()}

    def groups(self):
        """Committed offsets by group: {(topic, partition): (offset, metadata)}."""
        names = [group.group_id for group in self.admin.list_consumer_groups().result().valid]
        return {name: committed_offsets(self.bootstrap, name) for name in names if name != "footprint-reader"}


def committed_offsets(bootstrap, group):
    """{(topic, partition): (offset, metadata)} by OffsetFetch, version 5: the Python client fails over metadata that it reads past its end."""
    def text(t):
        return struct.pack(">h", len(t)) + t.encode()

    request = struct.pack(">hhi", 9, 5, 1) + text("footprint") + text(group) + struct.pack(">i", -1)
    host, port = bootstrap.split(",")[0].rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=20) as s, s.makefile("rwb") as stream:
        stream.write(struct.pack(">i", len(request)) + request)
        stream.flush()

        def take(form):
            return struct.unpack(">" + form, stream.read(struct.calcsize(">" + form)))

        take("iii")  # length, number of the request, throttling
        found = {}
        for _ in range(take("i")[0]):
            topic = stream.read(take("h")[0]).decode()
            for _ in range(take("i")[0]):
                partition, offset, _, length = take("iqih")
                found[(topic, partition)] = (offset, clean(stream.read(max(length, 0)).decode("latin-1")))
                take("h")
        return found


def ignore_errors(future):
    try:
        future.result()
    except KafkaException:
        pass


def raise_if_failed(error, _):
    # A compacted topic takes no record without key; the recorder's attempt ended so as well.
    if error and error.code() != KafkaError.INVALID_RECORD:
        raise KafkaException(error)


def unhex(text):
    return None if text is None else bytes.fromhex(text)


def hexed(data):
    return None if data is None else bytes(data).hex()


def recorded_form(message):
    headers = [[k, hexed(v)] for k, v in message.headers() or []]
    return {"p": message.partition(), "o": message.offset(), "ts": message.timestamp()[1], "headers": headers,
            "key": hexed(message.key()), "value": hexed(message.value())}


# ---------------------------------------------------------------------------------------------------------- the server
def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """Weir with an empty data folder."""

    def __init__(self, binary, bootstrap, service_id):
        self.folder = tempfile.mkdtemp(prefix="footprint-")
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        command = [binary, "server", "--listen", f"127.0.0.1:{port}", "--data-dir", os.path.join(self.folder, "data"),
                   "--bootstrap-servers", bootstrap, "--set", f"ksql.service.id={service_id}"]
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)

    def wait_ready(self):
        until = time.time() + START_LIMIT_S
        while time.time() < until and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.base + "/info", timeout=3):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise RuntimeError("the server does not start: " + self.last_words())

    def execute(self, sql, properties):
        """Status and answer of a statement."""
        body = json.dumps({"ksql": sql, "streamsProperties": properties}).encode()
        request = urllib.request.Request(self.base + "/ksql", body, {"content-type": "application/vnd.ksql.v1+json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            try:
                return error.code, json.loads(text)
            except ValueError:
                return error.code, {"message": text}

    def last_words(self):
        self.log.flush()
        with open(self.log.name, "rb") as f:
            return f.read()[-1500:].decode("utf-8", "replace").strip()

    def stop(self, log_to=None):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        if log_to:
            shutil.copyfile(self.log.name, log_to)
        shutil.rmtree(self.folder, ignore_errors=True)


# -------------------------------------------------------------------------------------------------------------- replay
class Replay:
    """Runs a scenario's steps. `ids` maps this run's query ids to the recorded ones."""

    def __init__(self, scenario, server, broker):
        self.scenario, self.server, self.broker = scenario, server, broker
        self.ids, self.sequence, self.remarks = {}, [], []

    def run(self):
        steps = self.scenario.steps
        for number, step in enumerate(steps):
            if "createTopic" in step:
                configs = {name.replace("_", "."): str(value) for name, value in step["configs"].items()}
                self.broker.create(step["createTopic"], step["partitions"], configs)
            elif "sql" in step:
                self.execute(step)
            elif "produce" in step:
                self.produce(step)
                follows = steps[number + 1] if number + 1 < len(steps) else {}
                if not (step.get("inOneGo") and follows.get("inOneGo")):
                    self.settle(last=False)
        self.settle(last=True)

    def execute(self, step):
        sql = step["sql"]
        for ours, recorded in self.ids.items():
            sql = re.sub(rf"\b{re.escape(recorded)}\b", ours, sql)
        status, answer = self.server.execute(sql, self.scenario.properties(step))
        expected = step.get("status", 200)
        if status != expected:
            message = answer.get("message") if isinstance(answer, dict) else answer
            self.remarks.append(f"{sql[:90]}: status {expected} recorded, {status} now: {message}")
            return
        entity = answer[0] if isinstance(answer, list) and answer else {}
        recorded = step_answer(step)
        self.sequence.append((recorded.get("commandSequenceNumber"), entity.get("commandSequenceNumber")))
        ours = (entity.get("commandStatus") or {}).get("queryId")
        if ours and recorded.get("queryId"):
            self.ids[ours] = recorded["queryId"]
        elif ours or recorded.get("queryId"):
            self.remarks.append(f"{sql[:90]}: query {recorded.get('queryId')} recorded, {ours} now")

    def produce(self, step):
        topic, cached = step["produce"], "'cache.max.bytes.buffering': '0'" not in str(self.scenario.steps)
        several = self.scenario.topics.get(topic, {}).get("partitions", 1) > 1
        for record in step["records"]:
            partition = self.scenario.produced_partition(topic, record)
            self.broker.produce(topic, partition, record, flush=not step.get("inOneGo"))
            if several and not cached:
                time.sleep(PAUSE_S)
        self.broker.flush()

    def settle(self, last):
        """Waits until nothing has moved for longer than a commit takes (two, where results pass a repartition topic)."""
        quiet_s = self.scenario.commit_s() * (2 if self.scenario.is_exactly_once() else 1) + (1.0 if last else 0.5)
        until, still_since, before = time.time() + SETTLE_LIMIT_S, time.time(), None
        while time.time() < until:
            now = self.broker.ends()
            if now != before:
                before, still_since = now, time.time()
            if time.time() - still_since >= quiet_s:
                return
            time.sleep(0.25)
        self.remarks.append(f"topics still move after {SETTLE_LIMIT_S} s")

    def as_recorded(self, name):
        """A name of this run with the recorded query ids."""
        for ours in sorted(self.ids, key=len, reverse=True):
            name = re.sub(rf"(?<![A-Za-z0-9]){re.escape(ours)}(?![0-9A-Za-z])", self.ids[ours], name)
        return name


def snapshot(broker, rename, command_topic):
    """What is on the broker, in the recording's form and with its names: topics, groups, commands."""
    counts = broker.topics()
    configs, records = broker.configs(list(counts)), broker.read(list(counts))
    topics = {rename(name): {"name": rename(name), "partitions": counts[name], "configs": configs[name], "records": records[name]}
              for name in counts}
    groups = {rename(group): {(rename(topic), p): at for (topic, p), at in offsets.items()}
              for group, offsets in broker.groups().items()}
    return {"topics": topics, "groups": groups, "command": topics.pop(command_topic, None)}


# ---------------------------------------------------------------------------------------------------------- comparison
def shown(data):
    if data is None:
        return "null"
    try:
        text = bytes.fromhex(data).decode("utf-8")
        return text if text.isprintable() else "0x" + data
    except ValueError:
        return "0x" + data


class Records:
    """Compares the records of one topic. `verdict`: same, order (between keys only) or differ."""

    def __init__(self, recorded, now, t0):
        self.t0 = t0
        unkeyed = [(None, self.facts(r)) for r in recorded if r["key"] is None], \
                  [(None, self.facts(r)) for r in now if r["key"] is None]
        keyed = [(r["p"], self.facts(r)) for r in recorded if r["key"] is not None], \
                [(r["p"], self.facts(r)) for r in now if r["key"] is not None]
        self.found = []
        self.missing(*map(Counter, (unkeyed[0] + keyed[0], unkeyed[1] + keyed[1])))
        if self.found:
            self.verdict = "differ"
        elif self.lists(keyed[0]) == self.lists(keyed[1]):
            self.verdict = "same"
        elif self.lists(keyed[0], by_key=True) == self.lists(keyed[1], by_key=True):
            self.verdict = "order"
            self.found.append("the order between keys differs")
        else:
            self.verdict = "differ"
            self.found.append("the order of one key's records differs")

    def facts(self, record):
        """Key, value, timestamp, headers. The clock's time counts as one."""
        clock = record["ts"] >= self.t0 + CLOCK_AFTER_MS
        headers = tuple((k, v) for k, v in record.get("headers") or [])
        return record["key"], record["value"], "clock" if clock else record["ts"], headers

    def lists(self, records, by_key=False):
        lists = defaultdict(list)
        for partition, facts in records:
            lists[(partition, facts[0]) if by_key else partition].append(facts)
        return lists

    def missing(self, recorded, now):
        for which, rest in (("recorded only", recorded - now), ("now only", now - recorded)):
            for (partition, (key, value, ts, headers)), times in rest.items():
                at = "" if partition is None else f"p{partition} "
                when = ts if ts == "clock" else f"T0{ts - self.t0:+}"
                extra = (f" headers {list(headers)}" if headers else "") + (f" x{times}" if times > 1 else "")
                self.found.append(f"{which}: {at}{shown(key)} = {shown(value)} @{when}{extra}")


def last_of_each_key(records):
    latest = {}
    for record in records:
        latest[(record["p"], record["key"])] = record
    return list(latest.values())


class Comparison:
    """Differences of one scenario by area; areas that decide are `sinks` and `topics`."""

    AREAS = ("sinks", "topics", "internals", "groups", "command")

    def __init__(self, scenario, seen, remarks=(), sequence=(), ids=None):
        self.scenario, self.seen = scenario, seen
        self.differences = {area: [] for area in self.AREAS}
        self.checked, self.good = Counter(), Counter()
        self.kinds = Counter()
        self.notes = list(remarks)
        self.compare_topics()
        self.compare_groups()
        self.compare_commands()
        self.compare_numbers(list(sequence), ids or {})

    def tally(self, area, about, found):
        self.checked[area] += 1
        self.good[area] += not found
        self.differences[area] += [f"{about}: {text}" for text in found]

    def compare_topics(self):
        for name, recorded in sorted(self.scenario.topics.items()):
            now = self.seen["topics"].get(name)
            if is_internal(name):
                found = self.internal(recorded, now)
                self.kinds[name.rsplit("-", 1)[1], outcome(found)] += 1
                self.tally("internals", name, found)
                continue
            if now is None:
                self.tally("topics", name, ["is missing"])
                self.tally("sinks", name, ["is missing"])
                continue
            self.tally("topics", name, self.layout(recorded, now))
            records = Records(recorded["records"], now["records"], self.scenario.t0)
            if records.verdict == "order" and not self.scenario.is_ordered():
                self.notes.append(f"{name}: {records.found[0]} (it was read from several partitions)")
                records.found = []
            self.tally("sinks", name, records.found)
        for name in sorted(set(self.seen["topics"]) - set(self.scenario.topics)):
            if is_internal(name):
                self.kinds[name.rsplit("-", 1)[1], "not recorded"] += 1
            self.tally("internals" if is_internal(name) else "topics", name, ["is not in the recording"])

    def layout(self, recorded, now):
        found = []
        if recorded["partitions"] != now["partitions"]:
            found.append(f"{recorded['partitions']} partitions recorded, {now['partitions']} now")
        for config in sorted(set(recorded["configs"]) | set(now["configs"])):
            was, have = recorded["configs"].get(config, "unset"), now["configs"].get(config, "unset")
            if was != have:
                found.append(f"{config} {was} recorded, {have} now")
        return found

    def internal(self, recorded, now):
        if now is None:
            return ["is missing"]
        found = self.layout(recorded, now)
        if recorded.get("logStartOffsets"):
            return found
        records = Records(recorded["records"], now["records"], self.scenario.t0)
        if records.verdict == "differ":
            latest = Records(last_of_each_key(recorded["records"]), last_of_each_key(now["records"]), self.scenario.t0)
            if recorded["name"].endswith("-changelog") and latest.verdict != "differ":
                records.found.insert(0, "the same once compacted")
            found += records.found
        return found

    def compare_groups(self):
        for group, recorded in sorted(self.scenario.groups.items()):
            now, found = self.seen["groups"].get(group), []
            if now is None:
                # A group of a query that has read nothing lives only as long as its members.
                self.tally("groups", group, ["is missing"] if recorded["committed"] else [])
                continue
            expected = {(c["topic"], c["p"]): (c["offset"], metadata_of(c)) for c in recorded["committed"]}
            for at in sorted(set(expected) | set(now)):
                was, have = expected.get(at), now.get(at)
                if was != have and not self.only_markers(at, was, have):
                    found.append(f"{at[0]}[{at[1]}] {offset_text(was)} recorded, {offset_text(have)} now")
            self.tally("groups", group, found)
        for group in sorted(set(self.seen["groups"]) - set(self.scenario.groups)):
            self.tally("groups", group, ["is not in the recording"])

    def only_markers(self, at, was, have):
        """Offsets of a repartition topic that differ by transaction markers."""
        return self.scenario.is_exactly_once() and is_internal(at[0]) and was and have and was[1] == have[1]

    def compare_commands(self):
        if self.seen["command"] is None:
            self.tally("command", "command topic", ["is missing"])
            return
        configs = self.seen["command"]["configs"]
        same = configs == COMMAND_TOPIC_CONFIGS
        self.tally("command", "settings", [] if same else [f"{COMMAND_TOPIC_CONFIGS} recorded, {configs} now"])
        rename = self.seen["rename"]
        texts = [(rename(unhex(r["key"]).decode()), rename(unhex(r["value"]).decode())) for r in self.seen["command"]["records"]]
        now = [(key, json.loads(value)) for key, value in texts]
        known = {step_answer(s).get("commandSequenceNumber") for s in self.scenario.steps}
        recorded = [(c["key"], c["value"]) for c in self.scenario.commands if c["offset"] in known]
        keys = [key for key, _ in recorded], [key for key, _ in now]
        self.tally("command", "keys", [] if keys[0] == keys[1] else [f"{keys[0]} recorded, {keys[1]} now"])
        for (key, was), (_, have) in zip(recorded, now):
            about = f"{key} at {was['statement'][:40]!r}"
            for field in ("statement", "streamsProperties", "version"):
                same = was.get(field) == have.get(field)
                self.tally("command", about, [] if same else [f"{field} {was.get(field)!r} recorded, {have.get(field)!r} now"])
            fields = list(was), list(have)
            same = sorted(fields[0]) == sorted(fields[1])
            self.tally("command", about, [] if same else [f"fields {fields[0]} recorded, {fields[1]} now"])
        offsets = [r["o"] for r in self.seen["command"]["records"]]
        steps = [b - a for a, b in zip(offsets, offsets[1:])]
        if any(step != 2 for step in steps):
            self.tally("command", "offsets", [f"commands lie {sorted(set(steps))} apart, recorded 2 (record and marker)"])

    def compare_numbers(self, sequence, ids):
        """Sequence numbers and query numbers, both from the first command on."""
        pairs = [(was, now) for was, now in sequence if was is not None and now is not None]
        if self.scenario.left_out or not pairs:
            return
        first = pairs[0]  # which has nothing before it now, so that its own query has the number 0
        apart = [(was - first[0], now - first[1]) for was, now in pairs]
        if any(was != now for was, now in apart):
            self.notes.append(f"sequence numbers go on otherwise: {apart}")
        for ours, recorded in ids.items():
            numbers = [re.search(r"_(\d+)$", query) for query in (recorded, ours)]
            if all(numbers) and int(numbers[1][1]) > 0 and int(numbers[0][1]) - first[0] != int(numbers[1][1]) - first[1]:
                self.notes.append(f"query numbers go on otherwise: {recorded} recorded after {first[0]}, {ours} now after {first[1]}")

    def failed(self):
        return bool(self.differences["sinks"] or self.differences["topics"])

    def cells(self):
        return [f"{self.good[area]}/{self.checked[area]}" for area in self.AREAS]


def outcome(found):
    """What the differences of an internal topic amount to."""
    if not found:
        return "same"
    if found == ["is missing"]:
        return "missing"
    if "the same once compacted" in found:
        return "same once compacted"
    records = any(text.startswith(("recorded only", "now only", "the order")) for text in found)
    return "other records" if records else "other settings"


def metadata_of(committed):
    metadata = committed.get("metadata") or ""
    return clean(metadata.get("base64", "") if isinstance(metadata, dict) else metadata)


def clean(metadata):
    """What Kafka Streams keeps beside an offset. The Python client handles it without regard to its end: what follows goes."""
    try:
        base64.b64decode(metadata, validate=True)
        return metadata
    except ValueError:
        return metadata[:METADATA_LETTERS]


def offset_text(at):
    if at is None:
        return "no offset"
    try:
        data = base64.b64decode(at[1])
        return f"{at[0]} (time {int.from_bytes(data[1:9], 'big')})" if len(data) >= 9 else f"{at[0]} ({at[1] or 'no metadata'})"
    except ValueError:
        return f"{at[0]} ({at[1]})"


# -------------------------------------------------------------------------------------------------------------- checks
def check(scenario, args, broker):
    broker.empty()
    server = Server(args.weir, broker.bootstrap, scenario.service_id)
    try:
        server.wait_ready()
        replay = Replay(scenario, server, broker)
        replay.run()
        seen = snapshot(broker, replay.as_recorded, f"_confluent-ksql-{scenario.service_id}_command_topic")
        seen["rename"] = replay.as_recorded
        if server.process.poll() is not None:
            replay.remarks.append("the server ended: " + server.last_words())
        return Comparison(scenario, seen, replay.remarks, replay.sequence, replay.ids)
    finally:
        server.stop(os.path.join(args.logs, scenario.name + ".log") if args.logs else None)


def write_recording(scenario, broker, alter=None):
    """Puts what was recorded onto the broker itself. `alter` may change the topics first."""
    topics = json.loads(json.dumps(list(scenario.topics.values())))
    if alter:
        alter(topics)
    for topic in topics:
        broker.create(topic["name"], topic["partitions"], topic["configs"])
        for record in topic["records"]:
            broker.produce(topic["name"], record["p"], record, flush=False)
    name = f"_confluent-ksql-{scenario.service_id}_command_topic"
    broker.create(name, 1, COMMAND_TOPIC_CONFIGS)
    known = {step_answer(s).get("commandSequenceNumber") for s in scenario.steps}
    for command in scenario.commands:
        if command["offset"] in known:
            value = json.dumps(command["value"]).encode().hex()
            broker.produce(name, 0, {"key": command["key"].encode().hex(), "value": value, "ts": scenario.t0}, flush=False)
    broker.flush()
    for group, recorded in scenario.groups.items():
        committer = Consumer({**broker.settings, "group.id": group, "enable.auto.commit": False})
        offsets = [TopicPartition(c["topic"], c["p"], c["offset"], metadata_of(c)) for c in recorded["committed"]]
        if offsets:
            committer.commit(offsets=offsets, asynchronous=False)
        committer.close()
    seen = snapshot(broker, lambda name: name, name)
    return {**seen, "rename": lambda name: name}


def keyed_record(topics):
    sinks = [topic for topic in topics if not is_internal(topic["name"]) and any(r["key"] is not None for r in topic["records"])]
    return next(r for r in sinks[0]["records"] if r["key"] is not None)


ALTERATIONS = {
    "a timestamp": lambda topics: keyed_record(topics).update(ts=keyed_record(topics)["ts"] + 1),
    "a value": lambda topics: keyed_record(topics).update(value="7b7d"),
    "a header": lambda topics: keyed_record(topics).update(headers=[["other", "31"]]),
    "a setting": lambda topics: topics[0]["configs"].update({"max.message.bytes": "500001"}),
}


def self_check(scenarios, broker):
    """The recording put onto the broker must compare as equal, an altered one must not."""
    failures = 0
    for scenario in scenarios:
        broker.empty()
        for record in (record for topic in scenario.topics.values() for record in topic["records"]):
            record["ts"] = max(record["ts"], 1)  # this client takes 0 for the clock's time
        result = Comparison(scenario, write_recording(scenario, broker))
        result.differences["command"] = [d for d in result.differences["command"] if not d.startswith("offsets:")]
        found = [text for area in Comparison.AREAS for text in result.differences[area]]
        failures += bool(found)
        print(f"{scenario.name}: the recording {'compares as equal' if not found else 'compares as different'}", flush=True)
        print_list(found)
    with_keys = [s for s in scenarios if any(r["key"] is not None for t in s.topics.values() for r in t["records"])]
    for what, alter in ALTERATIONS.items() if with_keys else ():
        broker.empty()
        noticed = Comparison(with_keys[0], write_recording(with_keys[0], broker, alter)).failed()
        failures += not noticed
        print(f"{with_keys[0].name}: with {what} changed {'is noticed' if noticed else 'IS NOT NOTICED'}", flush=True)
    return 1 if failures else 0


def print_list(texts, indent="    "):
    for text in texts:
        print(indent + text)


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print(" | ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def report(results, left_out, args):
    rows = [["scenario", *Comparison.AREAS]]
    total_good, total = Counter(), Counter()
    for scenario, result in results:
        partial = f" ({len(scenario.left_out)} statements left out)" if scenario.left_out else ""
        if isinstance(result, Exception):
            rows.append([scenario.name + partial, f"did not run: {result}"[:100], "", "", "", ""])
            continue
        rows.append([scenario.name + partial, *result.cells()])
        total_good.update(result.good)
        total.update(result.checked)
    rows.append(["in all", *[f"{total_good[area]}/{total[area]}" for area in Comparison.AREAS]])
    print()
    print_table(rows)
    kinds = sum((result.kinds for _, result in results if isinstance(result, Comparison)), Counter())
    for kind in sorted({kind for kind, _ in kinds}):
        print(f"{kind} topics: " + ", ".join(f"{times} {what}" for (k, what), times in sorted(kinds.items()) if k == kind))
    print("out of scope: " + (", ".join(scenario.name for scenario in left_out) or "none"))
    bad = sum(isinstance(result, Exception) or result.failed() for _, result in results)
    print(f"{len(results) - bad} of {len(results)} scenarios leave the recorded sinks and topics")
    if args.json:
        with open(args.json, "w") as f:
            json.dump([as_json(scenario, result) for scenario, result in results], f, indent=1, ensure_ascii=False)
            f.write("\n")
    return 1 if bad else 0


def as_json(scenario, result):
    if isinstance(result, Exception):
        return {"scenario": scenario.name, "error": str(result)}
    return {"scenario": scenario.name, "leftOut": [step["sql"] for step in scenario.left_out], "good": dict(result.good),
            "checked": dict(result.checked), "differences": result.differences, "notes": result.notes}


class OwnBroker:
    """A broker that the script starts and stops."""

    SETTINGS = ("num.partitions=4", "log.retention.check.interval.ms=86400000", "log.cleaner.enable=false")

    def __init__(self, script):
        self.script, self.folder = script, tempfile.mkdtemp(prefix="footprint-kafka-")
        settings = [word for setting in self.SETTINGS for word in ("--set", setting)]
        subprocess.run([script, "start", self.folder, "--parent", str(os.getpid()), *settings], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(self.folder, "bootstrap")) as f:
            self.bootstrap = f.read().strip()

    def stop(self):
        subprocess.run([self.script, "stop", self.folder, "--kill"], check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)


def run(args, bootstrap):
    broker = Broker(bootstrap)
    paths = sorted(glob.glob(os.path.join(args.folder, "*.json")))
    every = [Scenario(p, args.all) for p in paths if re.search(args.only, os.path.basename(p)) and "steps" in open(p).read()]
    if args.self_check:
        return self_check([scenario for scenario in every if scenario.topics], broker)
    results, left_out = [], [scenario for scenario in every if not scenario.in_scope()]
    for scenario in (s for s in every if s.in_scope()):
        try:
            result = check(scenario, args, broker)
        except Exception as error:  # one that cannot be run must not end the others
            result = error
        results.append((scenario, result))
        print(f"{scenario.name}: {result if isinstance(result, Exception) else ' '.join(result.cells())}", flush=True)
        if args.verbose and not isinstance(result, Exception):
            for area in Comparison.AREAS:
                print_list([f"{area}: {text}" for text in result.differences[area]])
            print_list([f"note: {text}" for text in result.notes])
    return report(results, left_out, args)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER", help="folder of recorded scenarios")
    parser.add_argument("--weir", default="target/release/weir", help="the binary (target/release/weir)")
    parser.add_argument("--bootstrap", metavar="HOST:PORT", help="a broker that may be emptied; without, one is started")
    parser.add_argument("--kafka-script", default=os.path.join(here, "..", "scripts", "kafka"), help="what starts it (scripts/kafka)")
    parser.add_argument("--only", metavar="REGEX", default="", help="only scenarios whose file name matches")
    parser.add_argument("--all", action="store_true", help="with what is out of scope")
    parser.add_argument("--verbose", action="store_true", help="list every difference")
    parser.add_argument("--json", metavar="OUT", help="write the results as JSON")
    parser.add_argument("--logs", metavar="DIR", help="keep the server's log of each scenario there")
    parser.add_argument("--self-check", action="store_true", help="check the comparison with the recordings themselves, without Weir")
    args = parser.parse_args()
    if not args.self_check and not os.access(args.weir, os.X_OK):
        sys.exit(f"there is no binary {args.weir}; build it or give --weir")
    if args.bootstrap:
        return run(args, args.bootstrap)
    if not os.access(args.kafka_script, os.X_OK):
        sys.exit(f"there is no {args.kafka_script} to start a broker with; give --bootstrap or --kafka-script")
    own = OwnBroker(args.kafka_script)
    try:
        return run(args, own.bootstrap)
    finally:
        own.stop()


if __name__ == "__main__":
    sys.exit(main())
