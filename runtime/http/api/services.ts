// What the admin API needs of the rest of the runtime, and nothing more.

import type { Store } from '../../../plugin-store/store.ts'
import type { Config } from '../../config/config.ts'
import type { UsbDevices } from '../../devices/usb/usb-devices.ts'
import type { Plugins } from '../../lifecycle/plugins.ts'
import type { Log } from '../../log.ts'
import type { Authenticator } from '../identity/authenticate.ts'
import type { SignInCodes } from '../identity/sign-in-codes.ts'
import type { StreamLimits } from './event-stream.ts'

export interface ApiServices {
  readonly config: Pick<Config, 'publicUrl' | 'trustProxy' | 'packages'>
  readonly plugins: Plugins
  readonly store: Pick<Store, 'principals' | 'audit' | 'paths'>
  readonly devices: Pick<UsbDevices, 'list'>
  readonly authenticator: Authenticator
  readonly signInCodes: SignInCodes
  readonly log: Log
  /** Version of Plugbay, for the OpenAPI document. */
  readonly version: string
  readonly streams?: Partial<StreamLimits>
  /** Aborted when event streams must end, since they never would by themselves. */
  readonly ending: AbortSignal
}
