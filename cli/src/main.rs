//! The `weir` binary.

mod cases;

fn main() {
    use clap::Parser;
    #[derive(Parser)]
    enum Command {
        Test(cases::TestArguments),
    }
    let Command::Test(arguments) = Command::parse();
    match cases::run(&arguments) {
        Ok(true) => {}
        Ok(false) => std::process::exit(1),
        Err(e) => {
            eprintln!("{e}");
            std::process::exit(2);
        }
    }
}
