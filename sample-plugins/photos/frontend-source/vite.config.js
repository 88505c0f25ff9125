// Relative addresses (base), so that the page works below /plugins/photos/, and Vite's manifest beside it.
/** @type {import('vite').UserConfig} */
export default {
  base: './',
  build: { outDir: '../frontend', emptyOutDir: true, manifest: true },
}
