// Two bundles with what they share in chunks of its own, relative addresses, and Vite's manifest, where the runtime finds all of it.
// Vite takes the exports of entries away, unless it is told that somebody imports them.
/** @type {import('vite').UserConfig} */
export default {
  base: './',
  build: {
    outDir: '../frontend',
    emptyOutDir: true,
    manifest: true,
    rolldownOptions: {
      input: ['src/board.js', 'src/companions.js'].map((path) => `${import.meta.dirname}/${path}`),
      preserveEntrySignatures: 'strict',
    },
  },
}
