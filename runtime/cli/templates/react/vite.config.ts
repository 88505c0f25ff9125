import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Vite builds frontend-source into frontend, which is what the package holds. "plugbay dev" runs it with --watch.
export default defineConfig({
  root: 'frontend-source',
  plugins: [react()],
  // The licenses of what is built in: "plugbay pack" lists them in the package.
  build: { outDir: '../frontend', emptyOutDir: true, license: { fileName: '.vite/license.json' } },
})
