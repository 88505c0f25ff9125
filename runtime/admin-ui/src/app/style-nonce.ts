// The nonce of style elements that this page adds: the content security policy names another one in each answer of the server.

declare global {
  /** Where the libraries below Mantine's dialogs look for it. */
  var __webpack_nonce__: string | undefined
}

export const styleNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
globalThis.__webpack_nonce__ = styleNonce
