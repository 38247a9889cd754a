# Two stages: one that compiles, one that runs. There is no ENTRYPOINT: the start command decides whether the service runs alone
# (/app/image-service) or under the profiler (/app/hotline ... /app/image-service).
FROM docker.io/library/debian:bookworm-slim AS build
WORKDIR /src
RUN apt-get update -q && apt-get install -y -q --no-install-recommends make && rm -rf /var/lib/apt/lists/*
# The Makefile knows which packages it needs. They are a layer of their own, so that an edit of a source does not fetch them again.
COPY Makefile ./
COPY .ci/deps .ci/
COPY tests/tests.mk tests/
RUN make build/.deps-build && rm -rf /var/lib/apt/lists/*
COPY . .
# Debug info names the sources as /app/src/..., which is where the second stage has them: a report made there shows lines of code.
RUN make -j"$(nproc)" SOURCE_PREFIX=/app/src/ all \
 && mkdir -p /out/src && cp build/image-service build/hotline build/libhotline.so build/libhotline_wait.so /out/ \
 && cp -r service profiler wrapper /out/src/ && chmod -R a=rX /out

FROM docker.io/library/debian:bookworm-slim
# openssh-client and openssh-sftp-server: `scp` from and to the running instance.
RUN apt-get update -q && apt-get install -y -q --no-install-recommends \
      libmicrohttpd12 libjpeg62-turbo libpng16-16 libwebp7 libwebpdemux2 libdw1 libelf1 zlib1g libdeflate0 liblzma5 openssh-client openssh-sftp-server \
 && rm -rf /var/lib/apt/lists/*
# Not root, but an account that ssh can enter: a real shell, not locked, and a ~/.ssh that belongs to it.
RUN useradd -m -u 10001 -s /bin/bash app && usermod -p '*' app && install -d -m 0700 -o app -g app /home/app/.ssh
COPY --from=build /out/ /app/
WORKDIR /app
USER app
EXPOSE 8080
CMD ["/app/image-service"]
