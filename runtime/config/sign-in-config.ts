// How users of the standalone server sign in: keys below `signIn`; see docs/sign-in.md.

/** An OpenID provider that signs users in; see docs/sign-in.md. */
export interface OidcConfig {
  /** Its address, as in its own documents; null: there is none. */
  readonly issuer: string | null
  readonly clientId: string
  readonly clientSecret: string | null
  /** Absolute path of a file that holds it. */
  readonly clientSecretFile: string | null
  /** What the button calls it. */
  readonly label: string
  readonly scopes: readonly string[]
  /** The claim that names a new user. "preferred_username". */
  readonly nameClaim: string
  /** The claim with a list of groups. "groups". */
  readonly groupsClaim: string
  /** What members of a group may do, at each sign-in of a user that signing in has made; empty: an administrator says it. */
  readonly groupPermissions: readonly GroupPermissions[]
  /** Addresses, or "@example.org" for all of a domain. With this list or the next one, no other user is admitted. */
  readonly allowedEmails: readonly string[]
  readonly allowedGroups: readonly string[]
  /** Whether signing in makes a user; otherwise only who was invited is one. False. */
  readonly create: boolean
}

export interface GroupPermissions {
  readonly group: string
  readonly permissions: readonly string[]
}

/** How users of the standalone server sign in; see docs/sign-in.md. An application has its own users. */
export interface SignInConfig {
  /** Whether users sign in with passwords. True. */
  readonly passwords: boolean
  readonly oidc: OidcConfig
}

export const DEFAULT_SIGN_IN: SignInConfig = {
  passwords: true,
  oidc: {
    issuer: null,
    clientId: 'plugbay',
    clientSecret: null,
    clientSecretFile: null,
    label: 'OpenID',
    scopes: ['openid', 'profile', 'email'],
    nameClaim: 'preferred_username',
    groupsClaim: 'groups',
    groupPermissions: [],
    allowedEmails: [],
    allowedGroups: [],
    create: false,
  },
}

/** A part of it, from an embedding application. */
export type GivenSignIn = Partial<Omit<SignInConfig, 'oidc'>> & { readonly oidc?: Partial<OidcConfig> }

export function signInWithDefaults(given: GivenSignIn = {}): SignInConfig {
  return { ...DEFAULT_SIGN_IN, ...given, oidc: { ...DEFAULT_SIGN_IN.oidc, ...given.oidc } }
}
