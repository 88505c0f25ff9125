// What style elements of this page need to count: the content security policy names it, anew for each answer of the server.

declare global {
  /** Where the libraries below Mantine's dialogs look for it. */
  var __webpack_nonce__: string | undefined
}

export const styleNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
globalThis.__webpack_nonce__ = styleNonce
