/* So is main(). */
