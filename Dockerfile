# The image of every Airflow service: the pinned packages of requirements*.txt and this project.
# Why not the image that Airflow publishes: docs/decisions/0105-own-image.md.

FROM python:3.12.12-slim-bookworm AS packages
WORKDIR /build
COPY requirements.txt requirements-production.txt ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps --only-binary :all: --no-compile \
        -r requirements.txt -r requirements-production.txt \
    && /opt/venv/bin/python -m pip check \
    && { /opt/venv/bin/python -m compileall -q -j 0 /opt/venv/lib || true; }

FROM python:3.12.12-slim-bookworm
RUN groupadd --gid 10001 desk \
    && useradd --uid 10001 --gid desk --home-dir /opt/airflow --create-home --shell /usr/sbin/nologin desk \
    # Named volumes take over the owner of the folder that they cover.
    && install -d -o desk -g desk /var/log/airflow /var/lib/loyalty-desk \
    # An empty file, or Airflow tries to write one, with secrets of its own, where it may not.
    && touch /opt/airflow/airflow.cfg
COPY --from=packages /opt/venv /opt/venv
COPY --chown=root:root dags /opt/loyalty-desk/dags
COPY --chown=root:root plugins /opt/loyalty-desk/plugins
COPY --chown=root:root include /opt/loyalty-desk/include
COPY --chown=root:root sandbox /opt/loyalty-desk/sandbox
COPY --chown=root:root scripts /opt/loyalty-desk/scripts
RUN /opt/venv/bin/python -m compileall -q /opt/loyalty-desk

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/loyalty-desk/plugins:/opt/loyalty-desk:/opt/loyalty-desk/scripts/airflow_settings \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/loyalty-desk/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/loyalty-desk/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/var/log/airflow \
    AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY=/var/log/airflow/dag_processor \
    LOYALTY_DESK_VAR_DIR=/var/lib/loyalty-desk
WORKDIR /opt/loyalty-desk
USER desk
CMD ["airflow", "version"]
