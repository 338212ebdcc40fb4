# The build: everything is installed and compiled here, and nothing of it but the results is shipped.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/core/package.json packages/core/
COPY packages/http/package.json packages/http/
COPY packages/cli/package.json packages/cli/
# Without scripts: `prepare` would build sources that are not there yet, and nothing else needs one.
RUN npm ci --ignore-scripts
COPY tsconfig*.json ./
COPY scripts scripts
COPY migrations migrations
COPY seeds seeds
COPY packages packages
RUN npm run build

# Production dependencies; the embedded PostgreSQL is an optional one and stays out.
FROM node:22-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/core/package.json packages/core/
COPY packages/http/package.json packages/http/
COPY packages/cli/package.json packages/cli/
COPY packages/cli/bin packages/cli/bin
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:22-bookworm-slim
WORKDIR /app
COPY --from=dependencies /app ./
COPY --from=build /app/packages/core/dist packages/core/dist
COPY --from=build /app/packages/http/dist packages/http/dist
COPY --from=build /app/packages/http/assets packages/http/assets
COPY --from=build /app/packages/cli/dist packages/cli/dist
# `taskctl` is a command in the container: docker compose exec api taskctl doctor
ENV NODE_ENV=production PORT=3000 PATH=/app/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1, so SIGTERM reaches the server, which finishes its requests and exits with 0.
CMD ["node", "packages/http/dist/main.js"]
