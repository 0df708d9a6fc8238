//! Accepts connections and lets them end in time.

mod stream;

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aiia_engine::{Engine, Rarely};
use axum::Router;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use stream::{Asked, Noted, Taken, Writing};

/// Connections at the same time; more have to wait.
const MAX_CONNECTIONS: usize = 2048;
/// How long a client may take for the head of a request.
const HEAD_LIMIT: Duration = Duration::from_secs(20);
/// Bytes of the head of a request.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// How long open connections may take to end at the shutdown.
const DRAIN_LIMIT: Duration = Duration::from_millis(1500);
/// How long to wait when the system has no more connections to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves HTTP on `listener` until `shutdown` is cancelled, then ends streams and connections in at most 1.5 s. `token` is
/// what clients have to show. The address is told to the engine for `system.status`.
///
/// # Errors
/// When the listener is not on the loopback interface, or has no address.
pub async fn serve(engine: Engine, listener: TcpListener, token: &str, shutdown: CancellationToken) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{address} is not on the loopback interface; aiia serves HTTP to this machine alone"),
        ));
    }
    let router = crate::router(engine.clone(), token, address.port(), shutdown.clone());
    engine.set_http_address(Some(address));
    accept(router, listener, address, &shutdown).await;
    engine.set_http_address(None);
    Ok(())
}

async fn accept(router: Router, listener: TcpListener, address: SocketAddr, shutdown: &CancellationToken) {
    tracing::info!(%address, "HTTP is served");
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = async { (place.await, listener.accept().await) } => accepted,
        };
        match accepted {
            (Ok(place), Ok((stream, _))) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                connections.spawn(async move {
                    connection(router, stream, shutdown).await;
                    drop(place);
                });
            }
            (Err(_), _) => break,
            (_, Err(error)) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_LIMIT, drained).await.is_err() {
        tracing::info!("connections that did not end in time were closed");
    }
}

async fn connection(router: Router, stream: TcpStream, shutdown: CancellationToken) {
    // Small events must not wait for each other.
    let _ = stream.set_nodelay(true);
    // What comes before a stream of events is apart, and gone while that goes on.
    let ended = Box::pin(requests(router, stream, shutdown)).await;
    match ended {
        Ok(None) => {}
        Ok(Some(writing)) => {
            if let Err(error) = writing.await {
                tracing::debug!(%error, "a stream of events ended early");
            }
        }
        Err(error) => tracing::debug!(%error, "a connection ended early"),
    }
}

/// Answers requests until the connection ends, or an answer is a stream of events.
async fn requests(
    router: Router,
    stream: TcpStream,
    shutdown: CancellationToken,
) -> Result<Option<Writing>, hyper::Error> {
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_header_size(MAX_HEAD_BYTES);
    let (taken, router) = (Taken::default(), TowerToHyperService::new(router));
    let answer = |request| {
        let (taken, asked) = (taken.clone(), Asked::of(&request));
        let answered = router.call(request);
        async move {
            let response = answered.await?;
            match taken.take(asked, response) {
                Some(response) => Ok::<_, Infallible>(response),
                None => std::future::pending().await,
            }
        }
    };
    let mut connection = Some(builder.serve_connection(Noted::new(stream, taken.clone()), service_fn(answer)));
    let mut ending = Rarely::new(shutdown.cancelled());
    poll_fn(|cx| {
        let Some(serving) = &mut connection else { return Poll::Ready(Ok(None)) };
        let mut serving = Pin::new(serving);
        let mut ended = serving.as_mut().poll(cx);
        if ended.is_pending() && Pin::new(&mut ending).poll(cx).is_ready() {
            serving.as_mut().graceful_shutdown();
            ended = serving.poll(cx);
        }
        if let Poll::Ready(ended) = ended {
            return Poll::Ready(ended.map(|()| None));
        }
        let Some(answer) = taken.answer() else { return Poll::Pending };
        let stream = connection.take().map(|connection| connection.into_parts().io.into_inner());
        Poll::Ready(Ok(stream.map(|stream| Writing::new(stream, answer))))
    })
    .await
}
