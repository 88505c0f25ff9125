// jose in a plugin and jose in Node read each other's tokens.

import assert from 'node:assert/strict'
import {
  compactDecrypt,
  EncryptJWT,
  exportJWK,
  generateKeyPair,
  generateSecret,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import type { Program } from '../program.ts'

const SIGNATURES = ['HS256', 'HS512', 'RS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const ENCRYPTIONS: readonly (readonly [string, string])[] = [
  ['dir', 'A128GCM'],
  ['dir', 'A256GCM'],
  ['dir', 'A128CBC-HS256'],
  ['dir', 'A256CBC-HS512'],
  ['A256KW', 'A256GCM'],
  ['A128GCMKW', 'A192GCM'],
  ['RSA-OAEP-256', 'A256GCM'],
  ['ECDH-ES', 'A256GCM'],
  ['ECDH-ES+A128KW', 'A128CBC-HS256'],
  ['PBES2-HS256+A128KW', 'A128GCM'],
]

interface Made {
  readonly token: string
  readonly jwk: JWK | null
  readonly refused: string
}

export const program: Program = {
  packages: ['jose'],
  checks: {
    async 'tokens are signed and verified, here and outside'({ fetch }) {
      for (const alg of SIGNATURES) {
        const response = await fetch(`/sign?alg=${alg}`)
        assert.equal(response.status, 200, alg)
        const { token, jwk, refused, ...rest } = (await response.json()) as Made
        assert.deepEqual({ alg, role: 'admin' }, rest)
        assert.equal(refused, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', alg)
        const { payload } = await jwtVerify(token, await importJWK({ ...jwk, alg }))
        assert.equal(payload.sub, 'ada', alg)
      }
    },

    async 'texts are encrypted and decrypted, here and outside'({ fetch }) {
      for (const [alg, enc] of ENCRYPTIONS) {
        const response = await fetch(`/encrypt?${new URLSearchParams({ alg, enc })}`)
        assert.equal(response.status, 200, `${alg} ${enc}`)
        const { token, jwk, ...rest } = (await response.json()) as Made
        assert.deepEqual(rest, { text: 'ünder lock', refused: 'ERR_JWE_DECRYPTION_FAILED' }, `${alg} ${enc}`)
        if (jwk === null) continue
        const key = await importJWK({ ...jwk, alg: alg === 'dir' ? enc : alg })
        assert.equal(new TextDecoder().decode((await compactDecrypt(token, key)).plaintext), 'ünder lock')
      }
    },

    async 'tokens from outside are read'({ fetch }) {
      const read = async (token: string, jwk: JWK) =>
        await (await fetch('/foreign', { method: 'POST', body: JSON.stringify({ token, jwk }) })).json()
      for (const alg of ['RS256', 'ES256', 'EdDSA']) {
        const { privateKey, publicKey } = await generateKeyPair(alg)
        const token = await new SignJWT({ from: alg }).setProtectedHeader({ alg }).sign(privateKey)
        assert.deepEqual(await read(token, { ...(await exportJWK(publicKey)), alg }), { from: alg })
      }
      const secret = await generateSecret('A256GCM', { extractable: true })
      const sealed = await new EncryptJWT({ from: 'dir' })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(secret)
      assert.deepEqual(await read(sealed, { ...(await exportJWK(secret)), alg: 'A256GCM' }), { from: 'dir' })
    },

    async 'claims are checked, keys are found in a set and read from PEM'({ fetch }) {
      assert.deepEqual(await (await fetch('/claims')).json(), {
        expired: [true, 'ERR_JWT_EXPIRED'],
        early: [false, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
        audience: [false, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
        fine: 'taken',
      })
      assert.deepEqual(await (await fetch('/keys')).json(), { pem: 'pem', set: 'set', thumbprint: 43 })
      assert.deepEqual(await (await fetch('/nested')).json(), { deep: { list: [1] }, refused: 'JWTInvalid' })
    },
  },
}
