-- Opens a round that was neither opened nor closed before.
-- KEYS: room, rounds. ARGV: round.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return redis.error_reply('NOROOM never made')
end
redis.call('HSETNX', KEYS[2], ARGV[1], 'open')
return 1
