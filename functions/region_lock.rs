//! The region lock at run time: whether the program runs, and its data lie, where the register of sub-processors allows.
//! Where they do not, nothing is changed and nothing is sent. Reading goes on, and so does an access request up to its
//! package: the periods of the law do not wait.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use kundportal_domain::sub_processors::{Refusal, Regions, Register};

use crate::{
    app::App,
    problem::{Problem, ProblemType, Sentence},
};

/// Where the program runs and where its data lie, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a developer's machine: in no region. Only a build for development can be there.
    Local,
    /// In regions of Azure.
    Deployed {
        /// Where the program runs, as the platform says.
        runs_in: Option<String>,
        /// Where the deployment has put it.
        primary: Option<String>,
        /// Every account that holds data.
        storage: Vec<StoragePlace>,
    },
}

/// Where a storage account lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoragePlace {
    /// Its region.
    pub region: String,
    /// Its SKU, which says where its copies lie.
    pub sku: String,
}

impl Place {
    /// Why the register does not allow it on a day. Everything that is said has to be allowed: at least one region in which the program
    /// runs, by the platform or by the deployment, and where data lie.
    fn refusal(&self, register: &Register, today: Date) -> Option<Refusal> {
        let Self::Deployed { runs_in, primary, storage } = self else { return None };
        let Ok(regions) = Regions::embedded() else { return Some(Refusal::NoRegion) };
        let lock = register.region_lock_on(today);
        let said = [runs_in, primary].into_iter().flatten();
        let is_told_too_little = said.clone().count() == 0 || storage.is_empty();
        let lies_in = |place: &StoragePlace| {
            let region = lock.region(&place.region, regions)?;
            lock.replication(&place.sku, &region, regions)
        };
        said.map(|region| lock.region(region, regions).map(drop))
            .chain(storage.iter().map(lies_in))
            .find_map(Result::err)
            .or(is_told_too_little.then_some(Refusal::NoRegion))
    }
}

/// Whether the lock holds, found out once a day: what a process is told does not change while it runs, and the days go on.
pub(crate) struct Lock {
    place: Place,
    register: Arc<Register>,
    known: Mutex<(Date, Option<Refusal>)>,
}

impl Lock {
    pub(crate) fn new(place: &Place, register: &Arc<Register>, today: Date) -> Self {
        let known = Mutex::new((today, place.refusal(register, today)));
        let lock = Self { place: place.clone(), register: Arc::clone(register), known };
        if let Some(refusal) = lock.refusal(today) {
            lock.tell(&refusal);
        }
        lock
    }

    /// Why it does not hold on a day.
    fn refusal(&self, today: Date) -> Option<Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != today {
            let refusal = self.place.refusal(&self.register, today);
            if let Some(refusal) = refusal.as_ref().filter(|_| refusal != known.1) {
                self.tell(refusal);
            }
            *known = (today, refusal);
        }
        known.1.clone()
    }

    fn tell(&self, refusal: &Refusal) {
        tracing::error!(
            "the region lock is broken, nothing is changed or sent: {refusal} (revision {} of the register of \
             sub-processors)",
            self.register.revision()
        );
    }
}

impl App {
    /// Whether nothing may be changed or sent.
    pub(crate) fn is_locked(&self) -> bool {
        self.lock().refusal(self.today()).is_some()
    }

    /// Refuses where nothing may be changed or sent, in a sentence that names the place and the register's revision.
    pub(crate) fn check_region_lock(&self) -> Result<(), Problem> {
        let Some(refusal) = self.lock().refusal(self.today()) else { return Ok(()) };
        let mut values = vec![("revision", self.settings().register.revision().to_string())];
        values.extend(refusal.place().map(|place| ("place", place.to_owned())));
        let text = if values.len() == 1 { "region-lock-nowhere" } else { "region-lock-place" };
        Err(Problem { detail: Some(Box::new(Sentence { text, values })), ..ProblemType::RegionLock.into() })
    }
}
