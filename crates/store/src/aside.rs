//! Work of some length between two waits: hashing, compressing. It is done on a thread that may take its time, one step after
//! the other, while whoever asked for it goes on with what comes next.

use tokio::task::{JoinHandle, spawn_blocking};

use crate::StoreError;

/// What is worked on.
pub struct Aside<T>(Place<T>);

enum Place<T> {
    Here(T),
    Away(JoinHandle<T>),
    /// A step came to no end.
    Lost,
}

impl<T: Send + 'static> Aside<T> {
    /// With nothing to be done yet.
    pub const fn new(state: T) -> Self {
        Self(Place::Here(state))
    }

    /// The state, once the last step is done.
    pub async fn here(&mut self) -> Result<&mut T, StoreError> {
        if let Place::Away(step) = &mut self.0 {
            let done = step.await;
            self.0 = done.map_or(Place::Lost, Place::Here);
        }
        match &mut self.0 {
            Place::Here(state) => Ok(state),
            Place::Away(_) | Place::Lost => Err(StoreError::broken("a step came to no end")),
        }
    }

    /// The state itself, once the last step is done.
    pub async fn into_inner(mut self) -> Result<T, StoreError> {
        self.here().await?;
        match self.0 {
            Place::Here(state) => Ok(state),
            Place::Away(_) | Place::Lost => Err(StoreError::broken("a step came to no end")),
        }
    }

    /// Begins a step once the last one is done.
    pub async fn step(&mut self, work: impl FnOnce(&mut T) + Send + 'static) -> Result<(), StoreError> {
        self.here().await?;
        if let Place::Here(mut state) = std::mem::replace(&mut self.0, Place::Lost) {
            self.0 = Place::Away(spawn_blocking(move || {
                work(&mut state);
                state
            }));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn steps_follow_each_other() {
        let mut numbers = Aside::new(Vec::new());
        for number in 0..100 {
            numbers.step(move |numbers: &mut Vec<_>| numbers.push(number)).await.expect("a step");
        }
        assert_eq!(*numbers.here().await.expect("the numbers"), (0..100).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_step_that_panics_is_an_error_from_then_on() {
        let mut state = Aside::new(());
        state.step(|()| panic!("in a step")).await.expect("it begins");
        assert!(state.here().await.is_err());
        assert!(state.step(|()| {}).await.is_err());
    }
}
