// Asks for confirmation before another version takes over.

import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { Confirm } from '../../components/confirm.tsx'
import { t } from '../../languages/text.ts'

export interface RollbackDialogProps {
  readonly plugin: Installation
  readonly version: string
  readonly confirmed: () => void
  readonly close: () => void
}

export function RollbackDialog({ plugin, version, confirmed, close }: RollbackDialogProps) {
  return (
    <Confirm
      title={t('Use version {version} of "{name}"?', { version, name: plugin.name })}
      text={t(
        'It takes over at once; requests under way are finished by version {version}. The data that the plugin stored stays as it is.',
        { version: plugin.version },
      )}
      label={t('Use {version}', { version })}
      confirmed={confirmed}
      close={close}
    />
  )
}
