// jose: keys made, exported and imported; tokens signed, verified, encrypted and decrypted.

import {
  CompactEncrypt,
  calculateJwkThumbprint,
  compactDecrypt,
  createLocalJWKSet,
  decodeJwt,
  EncryptJWT,
  errors,
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  generateSecret,
  importJWK,
  importPKCS8,
  importSPKI,
  type JWK,
  jwtDecrypt,
  jwtVerify,
  SignJWT,
} from 'jose'

const SECRET = new TextEncoder().encode('a secret that is long enough for every HMAC there is, 64 bytes!!')
const ENCODER = new TextEncoder()

async function keysFor(alg: string) {
  if (alg.startsWith('HS')) return { privateKey: SECRET, publicKey: SECRET }
  return await generateKeyPair(alg, { extractable: true })
}

async function signed(alg: string) {
  const { privateKey, publicKey } = await keysFor(alg)
  const token = await new SignJWT({ role: 'admin' })
    .setProtectedHeader({ alg, kid: 'k' })
    .setSubject('ada')
    .setIssuedAt()
    .setExpirationTime('2h')
    .sign(privateKey)
  const { payload, protectedHeader } = await jwtVerify(token, publicKey, {
    algorithms: [alg],
    subject: 'ada',
  })
  const [head, body, signature = ''] = token.split('.')
  const changed = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  const refused = await jwtVerify(changed, publicKey).then(
    () => 'taken',
    (error: unknown) => (error instanceof errors.JOSEError ? error.code : String(error)),
  )
  return { token, jwk: await exportJWK(publicKey), role: payload.role, alg: protectedHeader.alg, refused }
}

async function keyToEncrypt(alg: string, enc: string) {
  if (alg === 'dir') return { key: await generateSecret(enc, { extractable: true }) }
  if (alg.startsWith('PBES2')) return { key: ENCODER.encode('correct horse battery staple') }
  if (/^A\d+(GCM)?KW$/.test(alg)) return { key: await generateSecret(alg, { extractable: true }) }
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { key: publicKey, privateKey }
}

async function encrypted(alg: string, enc: string) {
  const { key, privateKey = key } = await keyToEncrypt(alg, enc)
  const token = await new CompactEncrypt(ENCODER.encode('ünder lock'))
    .setProtectedHeader({ alg, enc })
    .encrypt(key)
  const options = { keyManagementAlgorithms: [alg] }
  const { plaintext } = await compactDecrypt(token, privateKey, options)
  const parts = token.split('.')
  const refused = await compactDecrypt(
    [...parts.slice(0, 4), 'AAAAAAAAAAAAAAAAAAAAAA'].join('.'),
    privateKey,
    options,
  ).then(
    () => 'taken',
    (error: unknown) => (error instanceof errors.JOSEError ? error.code : String(error)),
  )
  const jwk = privateKey instanceof Uint8Array ? null : await exportJWK(privateKey)
  return { token, jwk, text: new TextDecoder().decode(plaintext), refused }
}

async function claims() {
  const now = Math.floor(Date.now() / 1000)
  const sign = (make: (jwt: SignJWT) => SignJWT) =>
    make(new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256' })).sign(SECRET)
  const outcome = async (token: string, options = {}) =>
    await jwtVerify(token, SECRET, options).then(
      () => 'taken',
      (error: unknown) => [error instanceof errors.JWTExpired, (error as errors.JOSEError).code],
    )
  return {
    expired: await outcome(await sign((jwt) => jwt.setExpirationTime(now - 10))),
    early: await outcome(await sign((jwt) => jwt.setNotBefore(now + 600))),
    audience: await outcome(await sign((jwt) => jwt.setAudience('a')), { audience: 'b' }),
    fine: await outcome(await sign((jwt) => jwt.setIssuer('i')), { issuer: 'i' }),
  }
}

async function keys() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const pkcs8 = await importPKCS8(await exportPKCS8(privateKey), 'ES256')
  const spki = await importSPKI(await exportSPKI(publicKey), 'ES256')
  const token = await new SignJWT({ sub: 'pem' }).setProtectedHeader({ alg: 'ES256' }).sign(pkcs8)
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }
  const other = await exportJWK((await generateKeyPair('RS256')).publicKey)
  const set = createLocalJWKSet({ keys: [{ ...other, kid: 'two', alg: 'RS256' }, jwk] })
  const byKid = await new SignJWT({ sub: 'set' })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(privateKey)
  return {
    pem: (await jwtVerify(token, spki)).payload.sub,
    set: (await jwtVerify(byKid, set)).payload.sub,
    thumbprint: (await calculateJwkThumbprint(jwk)).length,
  }
}

/** Decodes a token from outside. */
async function foreign({ token, jwk }: { token: string; jwk: JWK }) {
  const key = await importJWK(jwk)
  const isEncrypted = token.split('.').length === 5
  const { payload } = isEncrypted ? await jwtDecrypt(token, key) : await jwtVerify(token, key)
  return payload
}

async function nested() {
  const key = await generateSecret('A256GCM')
  const token = await new EncryptJWT({ deep: { list: [1] } })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setExpirationTime('1m')
    .encrypt(key)
  const { payload } = await jwtDecrypt(token, key)
  let refused = ''
  try {
    decodeJwt(token)
  } catch (error) {
    refused = (error as Error).name
  }
  return { deep: payload.deep, refused }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const alg = searchParams.get('alg') ?? ''
    switch (pathname) {
      case '/sign':
        return Response.json(await signed(alg))
      case '/encrypt':
        return Response.json(await encrypted(alg, searchParams.get('enc') ?? ''))
      case '/foreign':
        return Response.json(await foreign(await request.json()))
      case '/claims':
        return Response.json(await claims())
      case '/keys':
        return Response.json(await keys())
      default:
        return Response.json(await nested())
    }
  },
}
