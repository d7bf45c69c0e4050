//! English names of time zones, as Java 17 has them (from the CLDR). `zone_names.txt` has a line for every set of names:
//! those of standard time, of summer time and of the whole year, each short and long, with `|` between them; then, after a
//! tab, the zones that have them, the one first that a name is read as. The lines stand so that the first one with a name
//! is the one that it is read as.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::pattern::ZoneName;

const NAMES: usize = 6;

struct Names {
    /// Names by zone.
    of_zones: HashMap<&'static str, [&'static str; NAMES]>,
    /// Zones by lower-case name.
    zones: HashMap<String, &'static str>,
}

static ALL: LazyLock<Names> = LazyLock::new(|| {
    let mut all = Names { of_zones: HashMap::new(), zones: HashMap::new() };
    for line in include_str!("zone_names.txt").lines() {
        let (names, ids) = line.split_once('\t').unwrap_or((line, ""));
        let mut parts = names.split('|');
        let names = [(); NAMES].map(|()| parts.next().unwrap_or_default());
        for id in ids.split(' ') {
            all.of_zones.insert(id, names);
        }
        let preferred = ids.split(' ').next().unwrap_or_default();
        for name in names {
            all.zones.entry(name.to_ascii_lowercase()).or_insert(preferred);
        }
    }
    all
});

/// The name of a zone, in summer or not.
pub(super) fn of_zone(id: &str, is_summer: bool, name: ZoneName) -> Option<&'static str> {
    let names = ALL.of_zones.get(id)?;
    let pair = match (name.generic, is_summer) {
        (true, _) => 4,
        (false, true) => 2,
        (false, false) => 0,
    };
    Some(names[pair + usize::from(name.long)])
}

/// The zone that a name, in any case, is read as.
pub(super) fn named(name: &str) -> Option<&'static str> {
    ALL.zones.get(&name.to_ascii_lowercase()).copied()
}
