//! Storage in Azure: blobs in the account of the data, messages in the account of the Functions host, which takes them out.
//!
//! Both are named as the platform names a connection that has an identity and no key: a prefix, and parts after two
//! underscores.

use kundportal_store::{
    AzureBlobs, AzureConfig, AzureConfigError, AzureConnection, AzureCredential, AzureQueue,
    check_service_url,
};

use crate::{config::Reader, host_json};

/// The names of one connection's variables.
struct Names {
    url: &'static str,
    account: &'static str,
    credential: &'static str,
    client_id: &'static str,
}

const DATA: Names = Names {
    url: "DataStorage__blobServiceUri",
    account: "DataStorage__accountName",
    credential: "DataStorage__credential",
    client_id: "DataStorage__clientId",
};

const HOST: Names = Names {
    url: "AzureWebJobsStorage__queueServiceUri",
    account: "AzureWebJobsStorage__accountName",
    credential: "AzureWebJobsStorage__credential",
    client_id: "AzureWebJobsStorage__clientId",
};

/// The certificate of an Azurite on this machine, a PEM file. With it, and without other variables, its usual address.
#[cfg(feature = "dev")]
const CERTIFICATE: &str = "KUNDPORTAL_AZURITE_CERTIFICATE";

#[cfg(feature = "dev")]
const AZURITE: [&str; 2] =
    ["https://127.0.0.1:10000/devstoreaccount1", "https://127.0.0.1:10001/devstoreaccount1"];

/// A service of a storage account, and as whom it is asked.
struct Service {
    url: String,
    account: Option<String>,
    credential: AzureCredential,
}

/// Storage in Azure, as it is configured.
pub(crate) struct AzureStorage {
    blobs: Service,
    queue: Service,
}

impl AzureStorage {
    /// Reads the variables of both connections.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        #[cfg(feature = "dev")]
        if let Some(path) = reader.optional(CERTIFICATE) {
            return azurite(reader, path);
        }
        let blobs = service(reader, &DATA, "blob");
        let queue = service(reader, &HOST, "queue");
        Some(Self { blobs: blobs?, queue: queue? })
    }

    /// Makes the clients. Nothing is asked yet. The error is a sentence for the log.
    pub(crate) fn open(self) -> Result<(AzureBlobs, AzureQueue), String> {
        let encoding = host_json::message_encoding()?;
        let sentence = |error: AzureConfigError| format!("Storage in Azure cannot be used: {error}.");
        let connection = AzureConnection::new(&self.blobs.credential).map_err(sentence)?;
        let of_queue = if self.queue.credential == self.blobs.credential {
            connection.clone()
        } else {
            AzureConnection::new(&self.queue.credential).map_err(sentence)?
        };
        let config = AzureConfig {
            blob_url: self.blobs.url,
            queue_url: self.queue.url,
            account: self.blobs.account,
            credential: self.blobs.credential,
        };
        let blobs = connection.blobs(&config).map_err(sentence)?;
        let queue = of_queue.queue(&config, encoding).map_err(sentence)?;
        Ok((blobs, queue))
    }
}

fn service(reader: &mut Reader<'_>, names: &Names, kind: &str) -> Option<Service> {
    let account = reader.optional(names.account);
    let url = match (reader.optional(names.url), account) {
        (Some(url), _) => checked(reader, names, url, kind, account.is_none()),
        (None, Some(account)) => {
            let good = (3..=24).contains(&account.len())
                && account.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            if !good {
                reader.refuse(names.account, "is not the name of a storage account");
            }
            good.then(|| format!("https://{account}.{kind}.core.windows.net"))
        }
        (None, None) => {
            reader.refuse(names.url, "is missing");
            None
        }
    };
    let credential = credential(reader, names);
    Some(Service { url: url?, account: account.map(str::to_owned), credential: credential? })
}

/// Signed URLs name the account of the blobs.
fn checked(reader: &mut Reader<'_>, names: &Names, url: &str, kind: &str, unnamed: bool) -> Option<String> {
    match check_service_url(url, kind == "blob" && unnamed) {
        Ok(()) => Some(url.to_owned()),
        Err(rule) => {
            reader.refuse(names.url, rule.to_string());
            None
        }
    }
}

/// As whom the data are asked for, which is who asks the key vault too.
pub(crate) fn data_credential(reader: &mut Reader<'_>) -> Option<AzureCredential> {
    credential(reader, &DATA)
}

fn credential(reader: &mut Reader<'_>, names: &Names) -> Option<AzureCredential> {
    match reader.required(names.credential)? {
        "managedidentity" => Some(AzureCredential::ManagedIdentity {
            client_id: reader.optional(names.client_id).map(str::to_owned),
        }),
        #[cfg(feature = "dev")]
        "developer" => Some(AzureCredential::Developer),
        _ => {
            reader.refuse(names.credential, "names no credential that this build has");
            None
        }
    }
}

#[cfg(feature = "dev")]
fn azurite(reader: &mut Reader<'_>, path: &str) -> Option<AzureStorage> {
    let certificate =
        std::fs::read(path).map_err(|_| reader.refuse(CERTIFICATE, "is not a file that can be read"));
    let mut service = |names: &Names, kind, usual: &str| {
        let url = checked(reader, names, reader.optional(names.url).unwrap_or(usual), kind, true);
        let credential = AzureCredential::Emulator { certificate: certificate.clone().ok()? };
        Some(Service { url: url?, account: None, credential })
    };
    let blobs = service(&DATA, "blob", AZURITE[0]);
    let queue = service(&HOST, "queue", AZURITE[1]);
    Some(AzureStorage { blobs: blobs?, queue: queue? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config, environment::Environment};

    const GOOD: [(&str, &str); 6] = [
        ("DataStorage__blobServiceUri", "https://data1.blob.core.windows.net"),
        ("DataStorage__credential", "managedidentity"),
        ("DataStorage__clientId", "11111111-2222-3333-4444-555555555555"),
        ("AzureWebJobsStorage__queueServiceUri", "https://host1.queue.core.windows.net"),
        ("AzureWebJobsStorage__credential", "managedidentity"),
        ("AzureWebJobsStorage__clientId", "11111111-2222-3333-4444-555555555555"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<AzureStorage, String> {
        let environment: Environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        config::read(&environment, AzureStorage::read).map_err(|problems| problems.to_string())
    }

    fn with(name: &'static str, value: &'static str) -> Result<AzureStorage, String> {
        let mut variables = GOOD.to_vec();
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value));
        read(&variables)
    }

    #[test]
    fn connections_are_named_as_the_platform_names_them() {
        let storage = read(&GOOD).unwrap();
        assert_eq!(storage.blobs.url, "https://data1.blob.core.windows.net");
        assert_eq!(storage.queue.url, "https://host1.queue.core.windows.net");
        let identity = Some("11111111-2222-3333-4444-555555555555".to_owned());
        assert_eq!(storage.blobs.credential, AzureCredential::ManagedIdentity { client_id: identity });
        assert!(storage.open().is_ok());
    }

    #[test]
    fn the_name_of_an_account_is_enough() {
        let named = [
            ("DataStorage__accountName", "data1"),
            ("DataStorage__credential", "managedidentity"),
            ("AzureWebJobsStorage__accountName", "host1"),
            ("AzureWebJobsStorage__credential", "managedidentity"),
        ];
        let storage = read(&named).unwrap();
        assert_eq!(storage.blobs.url, "https://data1.blob.core.windows.net");
        assert_eq!(storage.queue.url, "https://host1.queue.core.windows.net");
        assert_eq!(storage.queue.credential, AzureCredential::ManagedIdentity { client_id: None });
    }

    #[test]
    fn everything_that_is_missing_is_reported_together() {
        let problems = read(&[]).err().unwrap();
        for name in [DATA.url, DATA.credential, HOST.url, HOST.credential] {
            assert!(problems.contains(&format!("{name} is missing")), "{problems}");
        }
    }

    #[test]
    fn each_variable_is_checked_and_no_value_is_shown() {
        for (name, value) in [
            (DATA.url, "http://secret.blob.core.windows.net"),
            (DATA.url, "https://secret.example.com"),
            (DATA.url, "https://secret.blob.core.windows.net?sig=secret"),
            (HOST.url, "secret"),
            (DATA.credential, "secret"),
            (HOST.credential, "clientsecret"),
        ] {
            let problems = with(name, value).err().unwrap_or_else(|| panic!("{name} was accepted"));
            assert!(problems.contains(name) && !problems.contains("secret"), "{problems}");
        }
        let named = [("DataStorage__accountName", "Secret-1")];
        let problems = read(&named).err().unwrap();
        assert!(problems.contains("DataStorage__accountName is not"), "{problems}");
    }

    #[test]
    fn an_account_behind_another_name_is_named_beside_it() {
        let mut variables = GOOD.to_vec();
        variables[0].1 = "https://files.example.com";
        variables.push(("DataStorage__accountName", "data1"));
        let storage = read(&variables).unwrap();
        assert_eq!(storage.blobs.account.as_deref(), Some("data1"));
        assert!(storage.open().is_ok());
    }
}
