//! What it is measured on.

use std::{fs, process::Command, sync::OnceLock, time::Duration};

/// Cores and processor.
pub(crate) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, name)| name.trim());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    format!("Measured on {cores} cores ({model}), load before: {load}.")
}

/// A program that is tied to one core, where there are two: what serves and what asks must not take
/// each other's.
pub(crate) fn on_core(core: usize, program: &std::path::Path) -> Command {
    if !can_tie() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

fn can_tie() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let two = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        if two {
            let tied = Command::new("taskset").args(["-c", "1", "true"]).status();
            assert!(tied.is_ok_and(|status| status.success()), "`taskset` is missing, or core 1 is");
        }
        two
    })
}

/// Resident memory of a process now, in MiB.
pub(crate) fn resident(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    let kib: u32 = line.trim().trim_end_matches(" kB").parse().expect("a size");
    f64::from(kib) / 1024.0
}

/// Processor time that a process has taken, in seconds; that of threads which have ended is not in it.
pub(crate) fn processor_time(process: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process is there");
    let nanoseconds = threads.flatten().filter_map(|thread| {
        let spent = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        spent.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum()).as_secs_f64()
}
