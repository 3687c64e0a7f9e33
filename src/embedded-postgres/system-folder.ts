/** What root keeps for an account that cannot enter the checkout. Only root can write in its parent, so nobody else can have made it. */
export const SYSTEM_FOLDER = '/var/lib/nightbill'
