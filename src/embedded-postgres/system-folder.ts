/** The folder in which root keeps files for an account that cannot enter the checkout. Only root can write in its parent folder. */
export const SYSTEM_FOLDER = '/var/lib/nightbill'
