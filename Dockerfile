# The action's image. Root on purpose: GitHub allows no other user for container actions.
# A release gives the base by its digest, and the label says which, so that anyone can build it again.
ARG BASE=python:3.13-slim
FROM ${BASE} AS packages
COPY requirements/runtime.txt tools/slim_packages.py /tmp/
# Without compiled files each start would compile again: imports take twice as long.
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-compile --require-hashes \
      --no-deps --only-binary=:all: --target=/packages -r /tmp/runtime.txt \
 && python /tmp/slim_packages.py /packages \
 && python -m compileall -q --invalidation-mode unchecked-hash /packages

FROM ${BASE} AS app
COPY entrypoint.py /app/entrypoint.py
COPY src/signed_lambda /app/src/signed_lambda
RUN python -m compileall -q --invalidation-mode unchecked-hash /app

FROM ${BASE}
ARG BASE
LABEL org.opencontainers.image.title="signed-lambda-deploy" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}"
COPY --from=packages /packages /usr/local/lib/python3.13/site-packages
COPY --from=app /app /app
# -I: neither the checkout, PYTHONPATH nor HOME bring modules; -B: nothing is written beside them.
# Absolute: PATH comes from the job's environment.
ENTRYPOINT ["/usr/local/bin/python", "-I", "-B", "/app/entrypoint.py"]
