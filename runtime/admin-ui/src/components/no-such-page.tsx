// An address that does not lead anywhere.

import { Button } from '@mantine/core'
import { t } from '../languages/text.ts'
import { Message } from './message.tsx'

export function NoSuchPage() {
  return (
    <Message title={t('There is no such page')} text={t('The address does not lead anywhere.')}>
      <Button component="a" href="#/">
        {t('Go to the overview')}
      </Button>
    </Message>
  )
}
