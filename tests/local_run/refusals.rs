//! Why the local run, or a handler, does not start: one clear sentence each, exit code 1.

use std::process::Stdio;

use tokio::process::Command;

use super::process::{LocalRun, program, refusal};

#[tokio::test]
async fn a_port_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kundportal"));
    command.arg("--data-dir").arg(folder.path()).args(["--port", &port]);
    let (code, said) = refusal(command).await;
    assert_eq!(code, Some(1));
    assert_eq!(said, format!("Port {port} is in use; end what uses it or choose another with --port.\n"));
}

#[tokio::test]
async fn another_port_than_the_folders() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    let port = run.address.rsplit(':').next().unwrap().to_owned();
    run.signal("TERM");
    run.ended().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_kundportal"));
    command.arg("--data-dir").arg(folder.path()).args(["--port", "1"]);
    let (code, said) = refusal(command).await;
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("belongs to port {port}")), "{said}");
}

#[tokio::test]
async fn a_port_of_the_folder_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("port"), "7o71").unwrap();
    let (code, said) = refusal(program(folder.path(), &["--empty"])).await;
    assert_eq!(code, Some(1));
    assert!(said.starts_with("The file ") && said.contains("is damaged"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let (code, said) = refusal(program(&file.join("data"), &["--empty"])).await;
    assert_eq!(code, Some(1));
    assert!(said.starts_with("The data folder ") && said.contains("cannot be written"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

/// In `/proc` not even root can make a file.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_of_contents_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/proc", folder.path().join("contents")).unwrap();
    let (code, said) = refusal(program(folder.path(), &["--empty"])).await;
    assert_eq!(code, Some(1));
    assert!(said.starts_with("The data folder ") && said.contains("/contents cannot be written"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[tokio::test]
async fn a_disk_on_which_nothing_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    run.signal("TERM");
    run.ended().await;
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" --empty --data-dir \"$1\" --port 0"]);
    command.arg(env!("CARGO_BIN_EXE_kundportal")).arg(folder.path()).stdin(Stdio::null());
    let (code, said) = refusal(command).await;
    assert_eq!(code, Some(1));
    assert!(said.starts_with("The data folder ") && said.contains("cannot be written"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[tokio::test]
async fn a_database_that_another_program_holds() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    run.signal("TERM");
    run.ended().await;
    let other = rusqlite::Connection::open(folder.path().join("store.sqlite3")).unwrap();
    other.execute_batch("PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE").unwrap();
    let (code, said) = refusal(program(folder.path(), &["--empty"])).await;
    assert_eq!(code, Some(1));
    assert!(said.starts_with("The database ") && said.contains("is held by another program"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[tokio::test]
async fn a_damaged_database() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    run.signal("TERM");
    run.ended().await;
    let database = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "sqlite3"))
        .unwrap();
    std::fs::write(database, vec![0x55; 8192]).unwrap();
    let (code, said) = refusal(program(folder.path(), &["--empty"])).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("is damaged"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[tokio::test]
async fn a_folder_that_another_local_run_uses() {
    let folder = tempfile::tempdir().unwrap();
    let _run = LocalRun::start(folder.path()).await;
    let (code, said) = refusal(program(folder.path(), &["--empty"])).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("is used by another local run"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[tokio::test]
async fn a_development_build_on_azure() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path(), &["--empty"]);
    command.env("WEBSITE_INSTANCE_ID", "1");
    let (code, said) = refusal(command).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("WEBSITE_INSTANCE_ID"), "{said}");
    let mut handler = Command::new(env!("CARGO_BIN_EXE_kundportal"));
    handler.env("WEBSITE_SITE_NAME", "x").env("FUNCTIONS_CUSTOMHANDLER_PORT", "1").stdin(Stdio::null());
    assert_eq!(refusal(handler).await.0, Some(1));
}

#[tokio::test]
async fn a_handler_without_configuration_names_all_that_is_missing() {
    for name in ["FUNCTIONS_CUSTOMHANDLER_PORT", "FUNCTIONS_HTTPWORKER_PORT"] {
        let mut handler = Command::new(env!("CARGO_BIN_EXE_kundportal"));
        handler.env(name, "1").stdin(Stdio::null());
        let (code, said) = refusal(handler).await;
        assert_eq!(code, Some(1));
        for missing in
            ["KUNDPORTAL_INDEX_KEYS", "KUNDPORTAL_LINK_KEYS", "KUNDPORTAL_ISSUERS", "KUNDPORTAL_PORTAL_URL"]
        {
            assert!(said.contains(&format!("{missing} is missing")), "{said}");
        }
    }
}

#[tokio::test]
async fn storage_in_azure_that_no_variable_names() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = refusal(program(folder.path(), &["--empty", "--storage", "azure"])).await;
    assert_eq!(code, Some(1));
    let missing = [
        "DataStorage__blobServiceUri is missing",
        "DataStorage__credential is missing",
        "AzureWebJobsStorage__queueServiceUri is missing",
        "AzureWebJobsStorage__credential is missing",
    ];
    assert_eq!(said, format!("The configuration cannot be used:\n  {}\n", missing.join("\n  ")));
}

#[tokio::test]
async fn storage_in_azure_that_does_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(&folder.path().join("data"), &["--empty", "--storage", "azure"]);
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "1", "-subj", "/CN=nobody"])
        .current_dir(folder.path())
        .output()
        .await
        .unwrap();
    assert!(made.status.success());
    command
        .env("KUNDPORTAL_AZURITE_CERTIFICATE", folder.path().join("cert.pem"))
        .env("DataStorage__blobServiceUri", "https://127.0.0.1:1/nobody")
        .env("AzureWebJobsStorage__queueServiceUri", "https://127.0.0.1:1/nobody");
    let (code, said) = refusal(command).await;
    assert_eq!(code, Some(1));
    assert!(said.starts_with("The queues in storage cannot be made: ") && said.contains("refused"), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[tokio::test]
async fn a_folder_whose_data_lie_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let run = LocalRun::start(folder.path()).await;
    run.signal("TERM");
    run.ended().await;
    let (code, said) = refusal(program(folder.path(), &["--empty", "--storage", "azure"])).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("belongs to data that lie elsewhere (--storage embedded)"), "{said}");
    assert_eq!(said.lines().count(), 1);
}
