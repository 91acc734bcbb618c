-- Closes a round for good and answers with its responses (R1, R5).
-- KEYS: room, rounds, responses. ARGV: round.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return redis.error_reply('NOROOM never made')
end
redis.call('HSET', KEYS[2], ARGV[1], 'closed')
return redis.call('HGETALL', KEYS[3])
