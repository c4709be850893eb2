//! Figures for people.
use quipu_radius_load::check::Verdict;
use quipu_radius_load::figures::{Figures, Summary};

pub(crate) fn times(times: &Summary) -> String {
    format!(
        "  {:>10} answers: p50 {:.1} us, p90 {:.1} us, p99 {:.1} us, p99.9 {:.1} us, longest {:.1} us",
        times.count, times.p50_us, times.p90_us, times.p99_us, times.p999_us, times.max_us
    )
}

pub(crate) fn figures(figures: &Figures) -> String {
    let mut lines = vec![
        format!(
            "{} requests in {:.3} s: {:.0} a second; {} answered, {} lost",
            figures.requests, figures.seconds, figures.per_second, figures.answered, figures.lost
        ),
        format!(
            "{} datagrams sent, {} of them again; {} requests answered at once; {} late answers, {} bad ones, \
             {} refused",
            figures.sent,
            figures.retransmitted,
            figures.answered_at_once,
            figures.late_answers,
            figures.bad_authenticators,
            figures.refused
        ),
        format!(
            "the loader used {:.2} us of processor for a request",
            figures.loader_us_per_request
        ),
        times(&figures.times),
    ];
    if let Some(after) = &figures.times_after {
        lines.push("after the restart of a NAS".to_owned());
        lines.push(times(after));
    }
    for of_kind in &figures.by_kind {
        lines.push(format!("{:?}", of_kind.kind));
        lines.push(times(&of_kind.times));
    }
    lines.join("\n")
}

pub(crate) fn verdict(verdict: &Verdict) -> String {
    let mut lines = vec![format!(
        "{} sessions, {} users and {} NASes compared: {} differences",
        verdict.sessions, verdict.users, verdict.nases, verdict.differences
    )];
    lines.extend(verdict.words.iter().cloned());
    lines.join("\n")
}
