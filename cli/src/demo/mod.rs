//! Not written yet.
#[derive(clap::Args, Debug)]
pub struct DemoArguments {}
pub async fn run(_: &DemoArguments) -> Result<(), String> {
    Ok(())
}
