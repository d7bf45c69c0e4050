//! A short run of every target from the kept inputs, the same on every machine.

use weir_fuzz::corpus;
use weir_fuzz::session::Session;
use weir_fuzz::targets::{TARGETS, Target};

/// Changed inputs per target: a second or less each.
const INPUTS: usize = 2_000;
/// What the server's threads have.
const STACK_BYTES: usize = 2 << 20;

#[test]
fn no_kept_input_and_no_change_of_one_is_a_finding() {
    let runs = TARGETS.iter().map(|target| {
        let run =
            std::thread::Builder::new().name(target.name.into()).stack_size(STACK_BYTES).spawn(|| findings(target));
        run.expect("a thread starts").join().unwrap_or_else(|_| vec![format!("{}: the run itself failed", target.name)])
    });
    let found: Vec<String> = runs.flatten().collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn findings(target: &Target) -> Vec<String> {
    let mut session = Session::new(target, 7);
    session.begin(&mut |_| {});
    (0..INPUTS).for_each(|_| session.step(&mut |_| {}));
    assert!(session.progress().outcomes > 3, "{} tells nothing apart", target.name);
    let line = |f: &weir_fuzz::session::Finding| {
        format!("{}: {} at {}\n  input: {}", target.name, f.message, f.place, corpus::escape(&f.input))
    };
    session.findings.iter().map(line).collect()
}

#[test]
fn the_corpus_stays_small() {
    let bytes: u64 = std::fs::read_dir(corpus::folder())
        .expect("there is a corpus")
        .map(|file| file.and_then(|file| file.metadata()).map_or(0, |metadata| metadata.len()))
        .sum();
    assert!(bytes < 1_000_000, "the corpus has {bytes} bytes");
}
