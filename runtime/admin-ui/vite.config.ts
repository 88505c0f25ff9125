// How the admin page is bundled. Invariant: every address in it is relative, so that it works under any base path.

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** The server sends these; it could not make them without keeping others waiting. */
function precompressed(): Plugin {
  const compress = promisify(brotliCompress)
  return {
    name: 'plugbay:precompressed',
    async writeBundle({ dir = '' }) {
      const names = await readdir(dir, { recursive: true })
      const texts = names.filter((name) => /\.(?:js|css|svg)$/.test(name)).map((name) => join(dir, name))
      await Promise.all(
        texts.map(async (path) => writeFile(`${path}.br`, await compress(await readFile(path)))),
      )
    },
  }
}

// A default export, because that is what Vite's command line reads.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react(), precompressed()],
  build: {
    target: 'es2023',
    // With light-dark(): what is written for older browsers has no effect here, since Mantine sets the scheme by an attribute.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Nothing is inlined as data: the content security policy allows scripts and styles from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What the first page needs is one file.
            { name: 'app', tags: ['$initial'] },
          ],
        },
      },
    },
  },
  // The server puts a value of its own in the place of it into each answer, for the styles that scripts add.
  html: { cspNonce: 'PLUGBAY-NONCE' },
  server: {
    // `vite --config runtime/admin-ui/vite.config.ts` beside a running runtime.
    proxy: { '/api': process.env.PLUGBAY_URL ?? 'http://127.0.0.1:3000' },
  },
})
