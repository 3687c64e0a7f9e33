FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY LICENSE package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force
COPY bin bin
COPY migrations migrations
COPY src src
COPY workers workers
USER node
# All addresses of the container; which of them the outside reaches is decided where it is run.
ENV HOST=0.0.0.0 PORT=3000
EXPOSE 3000
CMD ["node", "src/cli.ts", "api"]
