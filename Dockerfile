# The action's image. Root on purpose: GitHub allows no other user for container actions.
FROM python:3.13-slim AS packages
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-compile --require-hashes \
      --no-deps --only-binary=:all: --target=/packages -r /tmp/runtime.txt \
 && rm -rf /packages/bin \
 && python -m compileall -q --invalidation-mode unchecked-hash /packages

FROM python:3.13-slim
LABEL org.opencontainers.image.title="signed-lambda-deploy" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=packages /packages /usr/local/lib/python3.13/site-packages
COPY entrypoint.py /app/entrypoint.py
COPY src/signed_lambda /app/src/signed_lambda
# Without compiled files each start would compile again: imports take twice as long.
RUN python -m compileall -q --invalidation-mode unchecked-hash /app
# -I: neither the checkout, PYTHONPATH nor HOME bring modules; -B: nothing is written beside them.
# Absolute: PATH comes from the job's environment.
ENTRYPOINT ["/usr/local/bin/python", "-I", "-B", "/app/entrypoint.py"]
