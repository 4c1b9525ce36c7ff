# One image per service: docker build --target gateway|chunker|trainer|trainer-gpu|assembler .
# Packages are installed in stages of their own, so that a change of code builds in seconds and the images
# hold no build tools. ffmpeg comes with the packages of the chunker and the assembler.

FROM python:3.11-slim AS builder
RUN python3 -m venv /opt/venv
ENV PIP_DISABLE_PIP_VERSION_CHECK=1

FROM builder AS gateway-packages
COPY requirements/gateway.txt /requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip /opt/venv/bin/pip install --require-hashes -r /requirements.txt

FROM builder AS chunker-packages
COPY requirements/chunker.txt /requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip /opt/venv/bin/pip install --require-hashes -r /requirements.txt

FROM builder AS trainer-packages
COPY requirements/trainer.txt /requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip /opt/venv/bin/pip install --require-hashes -r /requirements.txt

FROM builder AS trainer-gpu-packages
COPY requirements/trainer-gpu.txt /requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip /opt/venv/bin/pip install --require-hashes -r /requirements.txt

FROM builder AS assembler-packages
COPY requirements/assembler.txt /requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip /opt/venv/bin/pip install --require-hashes -r /requirements.txt

# The studio: Node.js comes as a Python package, too, so that this image is all there is to fetch.
FROM builder AS demo-songs
COPY --from=chunker-packages /opt/venv /opt/venv
COPY shared /build/shared
COPY cli/__init__.py /build/cli/
COPY cli/demo /build/cli/demo
RUN cd /build && /opt/venv/bin/python -m cli.demo /songs --seconds 45 --format ogg

FROM builder AS studio
COPY requirements/studio.txt /requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip /opt/venv/bin/pip install --require-hashes -r /requirements.txt
# Node.js has certificates of its own, and does not look at those that the machine trusts.
ENV PYTHON=/opt/venv/bin/python NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
COPY tools/npm /build/tools/npm
COPY studio/package.json studio/package-lock.json studio/.npmrc /build/studio/
RUN --mount=type=cache,target=/root/.npm cd /build/studio && ../tools/npm ci
COPY studio /build/studio
COPY --from=demo-songs /songs /build/studio/songs
RUN cd /build/studio && ../tools/npm run build

FROM python:3.11-slim AS runtime
# As process 1 itself, Python would ignore a request to stop until it has set its handlers up.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
# /scratch is where songs lie while they are worked on: on disk, since a tmpfs would count as memory.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /scratch --shell /usr/sbin/nologin segue \
 && install -d -o segue -g segue -m 0700 /scratch
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TMPDIR=/scratch \
    NUMBA_CACHE_DIR=/scratch/numba \
    MPLCONFIGDIR=/scratch/matplotlib
WORKDIR /app
USER segue
ENTRYPOINT ["tini", "--"]

FROM runtime AS gateway
COPY --from=gateway-packages /opt/venv /opt/venv
COPY shared shared
COPY services/__init__.py services/
COPY services/gateway services/gateway
# Backups are taken by this image too: it has all that they need, and no command line.
COPY cli/__init__.py cli/errors.py cli/
COPY cli/backup cli/backup
COPY --from=studio /build/services/gateway/studio/bundle services/gateway/studio/bundle
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "services.gateway"]

FROM runtime AS chunker
COPY --from=chunker-packages /opt/venv /opt/venv
COPY shared shared
COPY services/__init__.py services/
COPY services/chunker services/chunker
# A container's /scratch begins as a copy of this one, machine code included.
RUN python -m services.chunker.compiling
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s CMD ["python", "-m", "shared.health", "chunker"]
CMD ["python", "-m", "services.chunker"]

FROM runtime AS trainer-code
COPY shared shared
COPY services/__init__.py services/
COPY services/trainer services/trainer
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s CMD ["python", "-m", "shared.health", "trainer"]
CMD ["python", "-m", "services.trainer"]

FROM trainer-code AS trainer
COPY --from=trainer-packages /opt/venv /opt/venv

FROM trainer-code AS trainer-gpu
COPY --from=trainer-gpu-packages /opt/venv /opt/venv

FROM runtime AS assembler
COPY --from=assembler-packages /opt/venv /opt/venv
COPY shared shared
COPY services/__init__.py services/
COPY services/assembler services/assembler
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s CMD ["python", "-m", "shared.health", "assembler"]
CMD ["python", "-m", "services.assembler"]
