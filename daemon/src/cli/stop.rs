//! `aiia stop`: ends the daemon in good order.

use crate::cli::output;
use crate::exit::{self, Failure};
use crate::lifecycle;
use crate::paths::Paths;

pub(crate) fn run() -> Result<u8, Failure> {
    let paths = Paths::from_environment()?;
    match lifecycle::stop(&paths)? {
        Some(pid) => output::note(&format!("The daemon (process {pid}) has ended.")),
        None => output::note(&format!("No daemon runs for {}.", paths.data_dir.display())),
    }
    Ok(exit::OK)
}
