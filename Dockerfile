# Checked by parsing only: no image has been built from this file yet.

FROM node:24-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web ./
RUN npm run build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/web/dist web/dist
RUN scripts/build.sh /footfall

# The base holds certificates and time zones, and no shell.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /footfall /usr/local/bin/footfall
ENV LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["footfall"]
CMD ["serve"]
