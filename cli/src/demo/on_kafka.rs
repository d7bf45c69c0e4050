//! The demo on a Kafka cluster: a service id of its own, and nothing left behind that was not there before.

use std::collections::BTreeSet;
use std::sync::Arc;

use weir_engine::config::Config;
use weir_server::server::Server;

use crate::client::Client;
use crate::datagen::{Cluster, Destination};

pub struct OnKafka {
    bootstrap_servers: String,
    service_id: String,
    cluster: Arc<Cluster>,
    /// Topics that are not the demo's to remove.
    before: BTreeSet<String>,
}

impl OnKafka {
    /// # Errors
    /// When no broker answers there.
    pub async fn reach(bootstrap_servers: &str) -> Result<Self, String> {
        let servers = bootstrap_servers.to_string();
        let reached = tokio::task::spawn_blocking(move || {
            let cluster = Cluster::reach(&servers)?;
            let before = cluster.topic_names().into_iter().collect();
            Ok::<_, String>((Arc::new(cluster), before))
        });
        let (cluster, before) = reached.await.map_err(|e| e.to_string())??;
        let service_id = format!("demo_{}_", std::process::id());
        Ok(Self { bootstrap_servers: bootstrap_servers.to_string(), service_id, cluster, before })
    }

    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// What the server is told.
    pub fn config(&self) -> Config {
        let settings = [("bootstrap.servers", &self.bootstrap_servers), ("ksql.service.id", &self.service_id)];
        Config::new(settings.map(|(name, value)| (name.to_string(), value.clone())))
    }

    /// The same for another server, on its command line.
    pub fn server_arguments(&self) -> String {
        format!(" --bootstrap-servers {} --set ksql.service.id={}", self.bootstrap_servers, self.service_id)
    }

    pub fn destination(&self) -> Destination {
        Destination::Kafka(Arc::clone(&self.cluster))
    }

    /// Stops the server and removes the demo's queries and topics.
    pub async fn stop_and_remove(&self, server: Server, client: &Client) -> Result<(), String> {
        let ended = self.end_queries(client).await;
        server.stop().await.map_err(|e| e.to_string())?;
        let sources = ended?;
        let (cluster, before, service_id) = (Arc::clone(&self.cluster), self.before.clone(), self.service_id.clone());
        let removed = tokio::task::spawn_blocking(move || {
            let is_ours = |name: &String| {
                !before.contains(name) && (sources.contains(name) || name.contains(service_id.as_str()))
            };
            cluster.topic_names().iter().filter(|name| is_ours(name)).try_for_each(|name| cluster.delete_topic(name))
        });
        removed.await.map_err(|e| e.to_string())?.map_err(|e| format!("topics of the demo stay behind: {e}"))
    }

    /// Ends the queries, which takes their internal topics and groups; gives the topics of streams and tables.
    async fn end_queries(&self, client: &Client) -> Result<BTreeSet<String>, String> {
        let mut topics = BTreeSet::new();
        for (statement, list) in [("SHOW STREAMS;", "streams"), ("SHOW TABLES;", "tables")] {
            let entities = client.statements(statement).await.map_err(|e| e.to_string())?;
            let sources = entities.first().and_then(|entity| entity[list].as_array()).into_iter().flatten();
            topics.extend(sources.filter_map(|source| source["topic"].as_str().map(str::to_string)));
        }
        client.statements("TERMINATE ALL;").await.map_err(|e| e.to_string())?;
        Ok(topics)
    }
}
