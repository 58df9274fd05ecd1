//! Whom a function believes to be who they say: Mozilla's roots, as they were when it was built.
//!
//! Compiled in, so that nothing is read and parsed at start. `AWS_CA_BUNDLE`, by which other AWS SDKs are
//! told the same, adds those of a file: for an emulator with a certificate of its own, or a network
//! that looks into TLS. Whoever sets a function's environment also says where it sends credentials,
//! so the variable gives nobody a power that they do not have.

use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::settings::{self, SettingsError};

const BUNDLE: &str = "AWS_CA_BUNDLE";

static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();

/// Adds those of the file that the environment names, for every client that is made from now on.
/// Once a client has been made it changes nothing.
///
/// # Errors
/// [`SettingsError`] when the file cannot be used.
pub fn from_environment() -> Result<(), SettingsError> {
    let roots = Arc::new(read(settings::optional(BUNDLE).as_deref())?);
    // Err: they are there, from an earlier call.
    drop(ROOTS.set(roots));
    Ok(())
}

/// The roots of this process.
pub(super) fn trusted() -> Arc<RootCertStore> {
    Arc::clone(ROOTS.get_or_init(|| Arc::new(compiled_in())))
}

fn compiled_in() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

fn read(bundle: Option<&str>) -> Result<RootCertStore, SettingsError> {
    let mut roots = compiled_in();
    let Some(path) = bundle else { return Ok(roots) };
    let invalid = |fault| SettingsError::Invalid { name: BUNDLE, fault };
    let known = roots.len();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|_| invalid("no such file can be read"))? {
        let certificate = certificate.map_err(|_| invalid("the file is not in PEM"))?;
        roots.add(certificate).map_err(|_| invalid("a certificate in the file cannot be a root"))?;
    }
    if roots.len() == known {
        return Err(invalid("the file holds no certificate"));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_are_there_without_a_file() {
        assert!(read(None).is_ok_and(|roots| roots.len() > 100));
    }

    #[test]
    fn a_bundle_that_cannot_be_used_stops_the_function_by_name() {
        for (path, fault) in
            [("/nowhere/bundle.pem", "no such file can be read"), ("/dev/null", "the file holds no certificate")]
        {
            let refused = read(Some(path)).map(drop);
            assert_eq!(refused, Err(SettingsError::Invalid { name: "AWS_CA_BUNDLE", fault }), "{path}");
        }
    }
}
