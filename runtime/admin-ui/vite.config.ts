// How the admin page is bundled. Invariant: every address in it is relative, so that it works under any base path.

import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// A default export, because that is what Vite's command line reads.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react()],
  build: {
    target: 'es2023',
    // Nothing is inlined as data: the content security policy allows scripts and styles from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  server: {
    // `vite --config runtime/admin-ui/vite.config.ts` beside a running runtime.
    proxy: { '/api': process.env.PLUGBAY_URL ?? 'http://127.0.0.1:3000' },
  },
})
