//! A TCP proxy that does to its connections what networks do.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use url::Url;

/// What becomes of connections, those that are open and new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// All is passed on.
    Good,
    /// Connections end.
    Cut,
    /// Connections end with a reset.
    Reset,
    /// Half-open: connections are taken and stay, and nothing passes, either way.
    Silent,
    /// What clients say passes, and no answer does.
    Mute,
    /// Each piece, of 1 KiB at most, takes so long.
    Slow(Duration),
    /// A connection ends when so many bytes of answers have passed on it.
    CutAfter(usize),
    /// A connection is half-open from the moment at which its client says exactly this.
    HangAt(&'static [u8]),
}

/// Passes connections on; ends with the value.
pub(crate) struct Proxy {
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    network: watch::Sender<Network>,
    stalled: watch::Sender<()>,
    taken: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy to a server.
    pub(crate) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (network, now) = watch::channel(Network::Good);
        let (stalled, stalls) = watch::channel(());
        let taken = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&taken);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                // Whoever sees that it is counted may stall it.
                let mut stalls = stalls.clone();
                stalls.mark_unchanged();
                count.fetch_add(1, Ordering::SeqCst);
                while connections.try_join_next().is_some() {}
                connections.spawn(connection(client, target, now.clone(), stalls));
            }
        });
        Self { port, network, stalled, taken, task }
    }

    /// A proxy before the server of a URL, and the URL through it.
    pub(crate) async fn before(url: &str, port: u16) -> (Self, String) {
        let mut url: Url = url.parse().unwrap();
        let proxy = Self::start(url.socket_addrs(|| Some(port)).unwrap()[0]).await;
        url.set_port(Some(proxy.port)).unwrap();
        (proxy, url.into())
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Changes what becomes of connections.
    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }

    /// Cuts every connection, and each new one as soon as it comes.
    pub(crate) fn cut(&self) {
        self.set(Network::Cut);
    }

    /// Passes nothing more on in any connection that there is, and leaves it open: half-open until all are cut.
    /// New ones are passed on.
    pub(crate) fn stall(&self) {
        self.stalled.send_replace(());
    }

    /// Passes connections on again.
    pub(crate) fn restore(&self) {
        self.set(Network::Good);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connection(
    mut client: TcpStream,
    target: SocketAddr,
    mut network: watch::Receiver<Network>,
    mut stalled: watch::Receiver<()>,
) {
    // Half-open from its beginning: nobody ever answers.
    let open = |network: &Network| !matches!(network, Network::Silent);
    if network.wait_for(open).await.is_err() || matches!(*network.borrow(), Network::Cut) {
        return;
    }
    let _ = client.set_nodelay(true);
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    let _ = server.set_nodelay(true);
    {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let there = pass(from_client, to_server, false, network.clone());
        let back = pass(from_server, to_client, true, network.clone());
        let ended = network.wait_for(|network| matches!(network, Network::Cut | Network::Reset));
        let is_stalled = tokio::select! {
            // Each way ends by itself; an error ends both.
            _ = async { tokio::try_join!(there, back) } => false,
            _ = ended => false,
            stalled = stalled.changed() => stalled.is_ok(),
        };
        if is_stalled {
            let ended = |network: &Network| matches!(network, Network::Cut | Network::Reset);
            let _ = network.wait_for(ended).await;
        }
    }
    if matches!(*network.borrow(), Network::Reset) {
        let _ = client.set_zero_linger();
        let _ = server.set_zero_linger();
    }
}

/// Passes on what comes one way until its end.
async fn pass(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    answers: bool,
    mut network: watch::Receiver<Network>,
) -> io::Result<()> {
    let (mut piece, mut passed) = ([0; 1024], 0);
    loop {
        let flows = |network: &Network| match network {
            Network::Silent => false,
            Network::Mute => !answers,
            _ => true,
        };
        network.wait_for(flows).await.map_err(io::Error::other)?;
        let count = tokio::select! {
            count = from.read(&mut piece) => count?,
            // Perhaps nothing passes from now on.
            _ = network.changed() => continue,
        };
        if count == 0 {
            return to.shutdown().await;
        }
        let now = *network.borrow_and_update();
        match now {
            Network::Slow(time) => sleep(time).await,
            Network::CutAfter(most) if answers && passed + count > most => {
                to.write_all(&piece[..most.saturating_sub(passed)]).await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Network::HangAt(words) if !answers && piece[..count] == *words => {
                std::future::pending::<()>().await;
            }
            // It came just before: it is kept until it may pass.
            Network::Silent | Network::Mute => drop(network.wait_for(flows).await),
            _ => {}
        }
        passed += count;
        to.write_all(&piece[..count]).await?;
    }
}

/// An echo through the proxy, and what comes back within a moment.
async fn echoed(stream: &mut TcpStream, bytes: usize) -> io::Result<usize> {
    stream.write_all(&vec![b'x'; bytes]).await?;
    let (mut buffer, mut count) = (vec![0; bytes], 0);
    while count < bytes {
        match tokio::time::timeout(Duration::from_secs(1), stream.read(&mut buffer[count..])).await {
            Err(_) | Ok(Ok(0)) => break,
            Ok(read) => count += read?,
        }
    }
    Ok(count)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_does_as_it_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::start(listener.local_addr().unwrap()).await;
    let echo = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    let connect = async || TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
    let mut old = connect().await;
    assert_eq!(echoed(&mut old, 5_000).await.unwrap(), 5_000);
    assert_eq!(proxy.connections(), 1);
    for silence in [Network::Silent, Network::Mute] {
        proxy.set(silence);
        assert_eq!(echoed(&mut old, 10).await.unwrap(), 0, "{silence:?}");
        proxy.restore();
        let mut late = [0; 10];
        old.read_exact(&mut late).await.unwrap();
    }
    proxy.set(Network::Slow(Duration::from_millis(1)));
    assert_eq!(echoed(&mut old, 5_000).await.unwrap(), 5_000);
    proxy.set(Network::HangAt(b"xxx"));
    assert_eq!(echoed(&mut old, 5_000).await.unwrap(), 5_000);
    let mut hanging = connect().await;
    assert_eq!(echoed(&mut hanging, 3).await.unwrap(), 0);
    assert_eq!(echoed(&mut hanging, 10).await.unwrap(), 0);
    proxy.set(Network::CutAfter(3_000));
    assert_eq!(echoed(&mut connect().await, 5_000).await.unwrap_or(3_000), 3_000);
    proxy.restore();
    let mut stalled = connect().await;
    assert_eq!(echoed(&mut stalled, 10).await.unwrap(), 10);
    proxy.stall();
    assert_eq!(echoed(&mut stalled, 10).await.unwrap(), 0);
    assert_eq!(echoed(&mut connect().await, 10).await.unwrap(), 10);
    let mut ended = connect().await;
    assert_eq!(echoed(&mut ended, 10).await.unwrap(), 10);
    proxy.set(Network::Reset);
    assert_eq!(ended.read(&mut [0; 10]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    proxy.cut();
    assert_eq!(echoed(&mut connect().await, 10).await.unwrap_or(0), 0);
    echo.abort();
}
