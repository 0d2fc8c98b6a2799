# The action's image. Root on purpose: GitHub allows no other user for container actions.
FROM python:3.13-slim AS packages
COPY requirements/runtime.txt tools/slim_packages.py /tmp/
# Without compiled files each start would compile again: imports take twice as long.
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-compile --require-hashes \
      --no-deps --only-binary=:all: --target=/packages -r /tmp/runtime.txt \
 && python /tmp/slim_packages.py /packages \
 && python -m compileall -q --invalidation-mode unchecked-hash /packages

FROM python:3.13-slim AS app
COPY entrypoint.py /app/entrypoint.py
COPY src/signed_lambda /app/src/signed_lambda
RUN python -m compileall -q --invalidation-mode unchecked-hash /app

FROM python:3.13-slim
LABEL org.opencontainers.image.title="signed-lambda-deploy" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=packages /packages /usr/local/lib/python3.13/site-packages
COPY --from=app /app /app
# -I: neither the checkout, PYTHONPATH nor HOME bring modules; -B: nothing is written beside them.
# Absolute: PATH comes from the job's environment.
ENTRYPOINT ["/usr/local/bin/python", "-I", "-B", "/app/entrypoint.py"]
