//! Arguments in, exit code out.

fn main() -> std::process::ExitCode {
    tagbook::cli::run()
}
