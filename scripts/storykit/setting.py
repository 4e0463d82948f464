"""How the programs around the service are set up: short intervals, so that the story takes half a minute."""

import json

# The probe has half a second less than the scrape (blackbox exporter, `--timeout-offset`), and nginx gives up before it.
SCRAPE_S = 2
NGINX_WAITS_S = 1
ALERT = "HealthFails"

NGINX = """
daemon off;
worker_processes 1;
%(user)s
pid %(home)s/nginx.pid;
error_log %(home)s/nginx-error.log;
events {}
http {
  access_log %(home)s/nginx-access.log;
  client_body_temp_path %(home)s/body;
  proxy_temp_path %(home)s/proxy;
  fastcgi_temp_path %(home)s/fastcgi;
  uwsgi_temp_path %(home)s/uwsgi;
  scgi_temp_path %(home)s/scgi;
  server {
    listen 127.0.0.1:%(nginx)d;
    location / {
      proxy_pass http://127.0.0.1:%(service)d;
      proxy_read_timeout %(waits)ds;
    }
    location /api/export {
      proxy_pass http://127.0.0.1:%(service)d;
      proxy_read_timeout 300s;
    }
  }
}
"""


def job(name, target, **more):
    return dict(job_name=name, static_configs=[{"targets": ["127.0.0.1:%d" % target]}], **more)


def prometheus(ports, rules):
    health = "http://127.0.0.1:%(nginx)d/api/health" % ports
    probe = {"metrics_path": "/probe", "params": {"module": ["http_2xx"], "target": [health]}}
    return {
        "global": {"scrape_interval": "%ds" % SCRAPE_S, "scrape_timeout": "%ds" % SCRAPE_S, "evaluation_interval": "1s"},
        "rule_files": [rules],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:%(alertmanager)d" % ports]}]}]},
        "scrape_configs": [job("health", ports["blackbox"], **probe), job("hangspy", ports["hangspy"])],
    }


RULES = {
    "groups": [
        {
            "name": "health",
            "rules": [{"alert": ALERT, "expr": "probe_http_status_code == 504", "for": "1s", "labels": {"severity": "page"}}],
        }
    ]
}


def alertmanager(ports):
    webhook = {"url": "http://127.0.0.1:%(hangspy)d/alerts" % ports, "send_resolved": True}
    return {
        "route": {"receiver": "hangspy", "group_by": ["alertname"], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"},
        "receivers": [{"name": "hangspy", "webhook_configs": [webhook]}],
    }


BLACKBOX = {"modules": {"http_2xx": {"prober": "http", "http": {"preferred_ip_protocol": "ip4"}}}}


def write(home, name, value):
    """JSON is YAML as well."""
    path = home / name
    path.write_text(json.dumps(value, indent=1))
    return str(path)
