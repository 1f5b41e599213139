//! The library's one global: whether and how this process takes part.

use crate::fabric::dir;
use crate::fabric::member::Member;
use crate::fabric::node::NodeDir;
use crate::runtime::config::{Config, Tolerance};
use crate::runtime::hazard;
use crate::runtime::log::{self, report};
use crate::runtime::settings::Settings;
use crate::runtime::sync::lock;
use crate::runtime::timing;
use crate::{Code, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// An initialised library.
pub struct Process {
    config: Config,
    settings: Arc<Settings>,
    fabric: PathBuf,
    member: Mutex<Option<Arc<Member>>>,
}

struct State {
    /// Initialisations without their end; several users in one process share the library.
    users: u32,
    /// The process that initialised: a forked child has none of its threads.
    pid: u32,
    process: Option<Arc<Process>>,
}

static STATE: Mutex<State> = Mutex::new(State {
    users: 0,
    pid: 0,
    process: None,
});

/// Reads the environment, checks the fabric's folder and reads its settings. Again is the same as once.
///
/// # Errors
/// `SYSTEM` for a bad variable, folder or setting, `INCONSISTENT_VERSIONS`; the log says why.
pub fn initialize() -> Result<()> {
    let mut state = lock(&STATE);
    let pid = std::process::id();
    if state.pid != pid {
        // What a fork took over belongs to the parent: neither used nor given back.
        std::mem::forget(state.process.take());
        *state = State {
            users: 0,
            pid,
            process: None,
        };
    }
    if state.process.is_none() {
        let config = Config::from_env().map_err(|error| {
            report!(Error, "{error}");
            Code::SCI_ERR_SYSTEM
        })?;
        log::set_level(config.log);
        let fabric = dir::open(&config.dir)?;
        let settings = Settings::load(&fabric).map_err(|error| {
            report!(Error, "{error}");
            Code::SCI_ERR_SYSTEM
        })?;
        dir::share(&fabric, settings.access)?;
        hazard::prepare();
        settings.limits.install();
        timing::install(settings.model.as_ref());
        let process = Process {
            config,
            settings: Arc::new(settings),
            fabric,
            member: Mutex::new(None),
        };
        state.process = Some(Arc::new(process));
    }
    state.users += 1;
    Ok(())
}

/// Ends one initialisation. The process comes back if that was the last one: it has to be shut down.
pub fn terminate() -> Option<Arc<Process>> {
    let mut state = lock(&STATE);
    state.users = state.users.saturating_sub(1);
    if state.users == 0 {
        state.process.take()
    } else {
        None
    }
}

/// The initialised library.
///
/// # Errors
/// `NOT_INITIALIZED`
pub fn current() -> Result<Arc<Process>> {
    lock(&STATE)
        .process
        .clone()
        .ok_or(Code::SCI_ERR_NOT_INITIALIZED)
}

impl Process {
    /// Own node ids, one for each adapter.
    pub fn nodes(&self) -> &[u32] {
        &self.config.nodes
    }

    /// True for what is accepted although it is refused otherwise.
    pub fn tolerates(&self, what: Tolerance) -> bool {
        self.config.tolerated.contains(&what)
    }

    /// The folder of any node.
    pub fn node_dir(&self, node: u32) -> NodeDir {
        NodeDir::new(&self.fabric, node)
    }

    /// Folder of the fabric.
    pub fn fabric(&self) -> &Path {
        &self.fabric
    }

    /// The settings of the fabric.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// This process as a member of its node, which it becomes at the first call.
    ///
    /// # Errors
    /// As [`Member::join`].
    pub fn member(&self) -> Result<Arc<Member>> {
        let mut member = lock(&self.member);
        if let Some(joined) = &*member {
            return Ok(Arc::clone(joined));
        }
        let joined = Member::join(self.fabric.clone(), &self.config, &self.settings)?;
        Ok(Arc::clone(member.insert(joined)))
    }

    /// Leaves the node; all objects have to be gone.
    pub fn leave(&self) {
        let member = lock(&self.member).take();
        if let Some(member) = member {
            member.leave();
        }
    }
}
