import { defineConfig } from "vite";

// Relative URLs and separate files only: the page works below any prefix and under "default-src 'self'", which allows
// neither inline scripts nor data: URLs.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    sourcemap: false,
  },
  server: {
    proxy: { "/v1": { target: process.env.BUTTONWOOD_URL ?? "http://127.0.0.1:8080", ws: true } },
  },
});
