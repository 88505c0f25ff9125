// Says that the server was started without plugins, and what to do then.

import { Alert } from '@mantine/core'
import { t } from '../languages/text.ts'
import { Icon } from './icons.tsx'

export function SafeMode() {
  return (
    <Alert color="yellow" icon={<Icon name="warning" />} title={t('Safe mode: no plugin runs')}>
      {t('Disable or remove the plugin that does harm, then start the server without --safe.')}
    </Alert>
  )
}
