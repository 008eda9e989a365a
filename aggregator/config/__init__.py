"""The configuration: found, read from one YAML file, and turned into the frozen values that the rest works with."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from aggregator.config.include import read
from aggregator.config.lists import SourceList, opened_by, source_list_of
from aggregator.config.log import Log
from aggregator.config.overlaps import overlaps
from aggregator.config.schedule import Schedule, schedule_of
from aggregator.config.serve import Serving, serving_of
from aggregator.config.upstream_keys import doubts, feed_folder_of, upstream_of
from aggregator.core.address import host_of
from aggregator.core.channels import Policy, topic_key
from aggregator.core.rulebook import Rules
from aggregator.core.window import Window
from aggregator.errors import ConfigError
from aggregator.formats import Site, Style, Words
from aggregator.sources import Context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aggregator.config.include import Whole
    from aggregator.config.lists import ListSection
    from aggregator.config.schema import ArticlesSection, ConfigFile
    from aggregator.config.upstream import FeedFolder, Upstream
    from aggregator.config.upstream_keys import FeedsFromSection, UpstreamSection
    from aggregator.core.rules import Rule

NAME = "aggregator.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A source of article files. roots: what reports call each folder, and where it is."""

    roots: tuple[tuple[str, Path], ...]
    context: Context

    @property
    def name(self) -> str:
        """What reports call the source."""
        return self.context.source

    @property
    def meaning(self) -> object:
        """What the same bytes are understood by; as text it is the same for the same."""
        return sorted(self.context.skip), self.context.topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the owner wants; all paths absolute.

    file: as it was named. warnings: what is legal, but hardly meant. index: whether pages list what is published.
    listed_from: entries that a provider needs for a place on them. gzip: whether each file has a copy in gzip. included: further files that it was read from. lists:
    of further upstream feeds, which each pass reads.
    """

    file: Path
    included: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
    site: Site
    style: Style
    rules: Rules
    window: Window
    articles: tuple[Folder, ...]
    upstream: tuple[Upstream, ...]
    lists: tuple[SourceList, ...] = ()
    feeds_from: tuple[FeedFolder, ...]
    output: Path
    formats: tuple[str, ...]
    index: bool
    listed_from: int
    schedule: Schedule
    state: Path
    gzip: bool
    serve: Serving
    log: Log

    @property
    def folders(self) -> tuple[Folder | FeedFolder, ...]:
        """Return the sources that each pass reads: those of articles first."""
        return (*self.articles, *self.feeds_from)

    @property
    def roots(self) -> tuple[tuple[str, Path], ...]:
        """Return the folders that each pass reads: what reports call each, and where it is."""
        return tuple(root for one in self.folders for root in one.roots)

    def source_names(self) -> set[str]:
        """Return what reports call the sources."""
        return {one.name for one in self.upstream} | {one.name for one in self.folders}

    def secrets(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Return the values of the secrets that are named here and can be read, to keep them out of logs."""
        return tuple(dict.fromkeys(secret for one in self.upstream for secret in one.secrets(environment)))


def find(named: Path | None, environment: Mapping[str, str], folder: Path) -> Path:
    """Return the configuration file: the named one, `$AGGREGATOR_CONFIG`, or the first of the usual places.

    Raises:
        ConfigError: there is none; the message lists where it was looked for.
    """
    if named is not None:
        return named
    if environment.get("AGGREGATOR_CONFIG"):
        return Path(environment["AGGREGATOR_CONFIG"])
    home = Path(environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME", "/")) / ".config")
    service = [Path(one) for one in environment.get("CONFIGURATION_DIRECTORY", "").split(":") if one]
    places = [folder / "config", *service, home / "aggregator", Path("/etc/aggregator")]
    for place in places:
        if (place / NAME).is_file():
            return place / NAME
    looked = ", ".join(str(place / NAME) for place in places)
    raise ConfigError(
        [
            f"no configuration file; looked for {looked}; go to the folder of the site, name one with --config, or begin a site with `aggregator init DIR`"
        ]
    )


def load(path: Path, environment: Mapping[str, str], *, awaited: bool = False) -> Config:
    """Read a configuration file; with `awaited`, a file that it includes may be one that is still to be written.

    Raises:
        ConfigError: it cannot be read or holds faults; all of them at once.
    """
    if not yaml.__with_libyaml__:
        raise ConfigError(
            ["PyYAML was built without libyaml, which reads articles: install libyaml's wheel or headers"]
        )
    whole = read(path, awaited=awaited)
    loaded = replace(
        _config(whole.file, path, path.absolute().parent, environment),
        included=tuple(one.absolute() for one in whole.paths),
        warnings=_warnings(whole),
    )
    loaded = replace(loaded, warnings=(*loaded.warnings, *overlaps(loaded, whole)))
    if loaded.state.is_relative_to(loaded.output):
        reason = f"{loaded.state} is in the output folder, which is served; name another"
        raise ConfigError([whole.fault(("state",), reason)])
    return loaded


def _warnings(whole: Whole) -> tuple[str, ...]:
    file = whole.file
    host = host_of(file.base_url)
    found = []
    if host.endswith(("example.org", "example.com", "example.net")):
        reason = f"still {host}: nobody can subscribe; name the site that serves the output"
        found.append(whole.fault(("base_url",), reason))
    for key in ("private", "verify"):
        doubtful = [(number, doubt) for number, one in enumerate(file.upstream) if (doubt := doubts(one).get(key))]
        more = f" (and {len(doubtful) - 1} more like it)" if len(doubtful) > 1 else ""
        found += [whole.fault(("upstream", number, key), f"{reason}{more}") for number, reason in doubtful[:1]]
    found += [
        whole.fault(("upstream_from", number, "private"), opened_by(one))
        for number, one in enumerate(file.upstream_from)
        if one.private
    ]
    return tuple(found)


def given_state(environment: Mapping[str, str], output: Path) -> Path | None:
    """Return the folder for the state that the service manager made; None where it made none.

    systemd names all its folders in the order of their names, whatever the unit says, and one may be for the output.
    """
    folders = [Path(one) for one in environment.get("STATE_DIRECTORY", "").split(":") if one]
    return next((one for one in folders if not one.is_relative_to(output)), None)


def _config(file: ConfigFile, path: Path, folder: Path, environment: Mapping[str, str]) -> Config:
    title = file.title or host_of(file.base_url)
    output = _below(folder, file.output.path)
    state = given_state(environment, output)
    policy, schedule = _policy(file), schedule_of(file.schedule)
    return Config(
        file=path,
        site=Site(
            title=title,
            base_url=file.base_url,
            homepage=file.homepage or file.base_url,
            author=file.author or title,
            language=file.language,
            icon=file.icon,
            hubs=tuple(dict.fromkeys(file.hub)),
        ),
        style=Style(
            base_url=file.base_url,
            policy=policy,
            words=Words(**file.text.model_dump()),
            title=file.entry.title,
            images=file.entry.image,
            related_in_atom=file.related.atom_links,
            related_in_rss=file.related.rss_links,
        ),
        rules=Rules(
            policy=policy,
            related_shown=file.related.show,
            late=file.window.late,
            by_source=tuple(sorted(_rules(file, policy))),
        ),
        window=Window(
            entries=file.window.entries,
            span=file.window.days,
            at_least=file.window.at_least,
            max_bytes=file.window.max_size,
        ),
        articles=_folders(file.articles, folder),
        upstream=tuple(upstream_of(section, folder) for section in file.upstream),
        lists=tuple(_source_list(section, folder, policy) for section in file.upstream_from),
        feeds_from=tuple(feed_folder_of(one, _roots(one.path, folder)) for one in file.feeds_from),
        output=output,
        formats=tuple(dict.fromkeys(file.output.formats)),
        index=file.output.index,
        listed_from=file.providers.list_from,
        schedule=schedule,
        log=Log(**file.log.model_dump()),
        state=_below(folder, file.state) if file.state else state or output.parent / "state",
        gzip=file.output.gzip,
        serve=serving_of(file.serve, schedule),
    )


def _policy(file: ConfigFile) -> Policy:
    keys = {topic.name: topic_key(topic.name) for topic in file.topics}
    aliases = {topic_key(one): keys[topic.name] for topic in file.topics for one in topic.also}
    return Policy(
        topic_of={alias: key for alias, key in sorted(aliases.items()) if alias != key},
        labels={key: name for name, key in keys.items()},
        slugs={keys[topic.name]: topic.slug for topic in file.topics if topic.slug},
        split=tuple(sorted(file.providers.split)),
        providers_from=file.providers.feeds_from,
    )


def _rules(file: ConfigFile, policy: Policy) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """Yield the rules of each source that has any."""
    sources: tuple[ArticlesSection | FeedsFromSection | UpstreamSection, ...]
    sources = (*file.articles, *file.feeds_from, *file.upstream)
    for source in sources:
        if source.rules:
            from aggregator.config.rule_values import rules_of  # noqa: PLC0415  few configurations have any

            yield source.called, rules_of(source.rules, policy)


def _folders(sections: tuple[ArticlesSection, ...], folder: Path) -> tuple[Folder, ...]:
    folders = []
    for section in sections:
        roots = _roots(section.path, folder)
        context = Context(source=section.called, topics=section.topics, skip=frozenset(section.skip))
        folders.append(Folder(roots=roots, context=context))
    return tuple(folders)


def _source_list(section: ListSection, folder: Path, policy: Policy) -> SourceList:
    path = section.path
    location, place = (_location(path, folder), _below(folder, path)) if path else ("", None)
    return source_list_of(section, location, place, policy)


def _roots(paths: Sequence[str], folder: Path) -> tuple[tuple[str, Path], ...]:
    return tuple((_location(path, folder), _below(folder, path)) for path in paths)


def _location(path: str, folder: Path) -> str:
    """Return what reports and the state call a folder: the same for every spelling of its path."""
    if Path(path).expanduser().is_absolute():
        return _below(folder, path).as_posix()
    return Path(os.path.relpath(_below(folder, path), folder)).as_posix()


def _below(folder: Path, path: str) -> Path:
    return Path(os.path.normpath(folder / Path(path).expanduser()))
